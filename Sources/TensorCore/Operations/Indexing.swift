extension Variable {
  /// Picks pixels out of an image-like tensor.
  ///
  /// *Shape*: self seen as `[pixels, C]`; result `[indices.count, C]`. No index may occur twice.
  package func gatheringRows(_ indices: [Int]) -> Variable {
    let (inputShape, channels) = (shape, value.channels)
    return Variable(value.gatheringRows(indices), inputs: [self]) { gradient in
      let out = Tensor(zeros: inputShape)
      for (position, index) in indices.enumerated() {
        (out.mutablePointer + index * channels).update(
          from: gradient.pointer + position * channels, count: channels)
      }
      return [out]
    }
  }
}

extension Tensor {
  /// Picks pixels out of an image-like tensor. *Shape*: `[indices.count, C]`.
  package func gatheringRows(_ indices: [Int]) -> Tensor {
    let (channels, rows) = (channels, rows)
    let out = Tensor(uninitialized: [indices.count, channels])
    for (position, index) in indices.enumerated() {
      precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
      (out.mutablePointer + position * channels).update(from: pointer + index * channels, count: channels)
    }
    return out
  }
}

extension Variable {
  /// The same values under another shape of the same element count.
  package func reshaped(to newShape: Shape) -> Variable {
    let inputShape = shape
    return Variable(value.reshaped(to: newShape), inputs: [self]) { gradient in
      [gradient.reshaped(to: inputShape)]
    }
  }
}
