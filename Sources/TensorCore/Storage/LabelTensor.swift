/// A class index per pixel.
///
/// *Shape*: `[N, H, W]`. *Range*: 0…255.
package struct LabelTensor: Sendable, Equatable {
  package let shape: Shape
  package var labels: [UInt8]

  /// - Precondition: three dimensions, and as many labels as they hold.
  package init(_ labels: [UInt8], shape: Shape) {
    precondition(shape.rank == 3 && labels.count == shape.elementCount, "\(labels.count) labels for \(shape)")
    self.shape = shape
    self.labels = labels
  }
}

extension LabelTensor {
  /// Another size, each pixel with the label of the nearest one: class indices are never averaged.
  package func resizedNearest(height: Int, width: Int) -> LabelTensor {
    guard shape[1] != height || shape[2] != width else { return self }
    var result: [UInt8] = []
    result.reserveCapacity(shape[0] * height * width)
    for image in 0..<shape[0] {
      for y in 0..<height {
        let row = (image * shape[1] + (2 * y + 1) * shape[1] / (2 * height)) * shape[2]
        for x in 0..<width { result.append(labels[row + (2 * x + 1) * shape[2] / (2 * width)]) }
      }
    }
    return LabelTensor(result, shape: [shape[0], height, width])
  }

  /// `others` where a label names no class.
  ///
  /// - Precondition: the same shape.
  package func completed(by others: LabelTensor, classCount: Int) -> LabelTensor {
    precondition(shape == others.shape)
    var result = self
    for pixel in labels.indices where Int(labels[pixel]) >= classCount {
      result.labels[pixel] = others.labels[pixel]
    }
    return result
  }

  /// Mirrored left to right.
  package func flippedHorizontally() -> LabelTensor {
    let width = shape[2]
    return LabelTensor(
      labels.indices.map { labels[$0 - $0 % width + width - 1 - $0 % width] }, shape: shape)
  }
}

extension Tensor {
  /// 1 at each pixel's class, 0 elsewhere. *Shape*: `[N, H, W]` → `[N, H, W, classCount]`.
  package init(oneHot labels: LabelTensor, classCount: Int) {
    var result = Tensor(zeros: Shape(labels.shape.dimensions + [classCount]))
    result.withUnsafeMutableBufferPointer { values in
      for (pixel, label) in labels.labels.enumerated() where Int(label) < classCount {
        values[pixel * classCount + Int(label)] = 1
      }
    }
    self = result
  }
}
