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

extension Tensor {
  /// Picks images out of a batch. *Shape*: `[N, …]` → `[indices.count, …]`.
  package func gatheringImages(_ indices: [Int]) -> Tensor {
    let size = count / max(1, shape[0])
    let rows = reshaped(to: [shape[0], size]).gatheringRows(indices)
    return rows.reshaped(to: Shape([indices.count] + shape.dimensions.dropFirst()))
  }

  /// Joins batches of images one after another. *Shape*: `[Nᵢ, …]` of one size → `[Σ Nᵢ, …]`.
  package init(stacking parts: [Tensor]) {
    precondition(
      !parts.isEmpty
        && parts.allSatisfy { $0.shape.dimensions.dropFirst() == parts[0].shape.dimensions.dropFirst() })
    let images = parts.reduce(0) { $0 + $1.shape[0] }
    var result = Tensor(uninitialized: Shape([images] + parts[0].shape.dimensions.dropFirst()))
    result.withUnsafeMutableBufferPointer { target in
      var offset = 0
      for part in parts {
        part.withUnsafeBufferPointer { source in
          guard let base = target.baseAddress, let from = source.baseAddress else { return }
          (base + offset).update(from: from, count: source.count)
          offset += source.count
        }
      }
    }
    self = result
  }

  /// Mirrored left to right. *Shape*: `[N, H, W, C]`.
  package func flippedHorizontally() -> Tensor {
    precondition(shape.rank == 4)
    let width = shape[2]
    let indices = (0..<rows).map { row in row - row % width + (width - 1 - row % width) }
    return gatheringRows(indices).reshaped(to: shape)
  }
}

extension LabelTensor {
  /// Picks images out of a batch. *Shape*: `[N, H, W]` → `[indices.count, H, W]`.
  package func gatheringImages(_ indices: [Int]) -> LabelTensor {
    let size = shape[1] * shape[2]
    return LabelTensor(
      indices.flatMap { labels[$0 * size..<($0 + 1) * size] }, shape: [indices.count, shape[1], shape[2]])
  }
}
