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
