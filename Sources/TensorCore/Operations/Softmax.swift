import CVectorKernels
import Glibc

extension Variable {
  /// Softmax over the channels.
  package func softmax() -> Variable {
    let out = value.softmax()
    return Variable(out, inputs: [self]) { gradient in
      [Variable.rowwise(out, gradient, ek_softmax_backward)]
    }
  }

  /// Logarithm of the softmax over the channels.
  package func logSoftmax() -> Variable {
    let out = value.mapRows(ek_log_softmax)
    return Variable(out, inputs: [self]) { gradient in
      [Variable.rowwise(out, gradient, ek_log_softmax_backward)]
    }
  }

  private typealias Kernel = (
    UnsafePointer<Float>?, UnsafePointer<Float>?, Int, Int, UnsafeMutablePointer<Float>?
  ) -> Void

  private static func rowwise(_ y: Tensor, _ gradient: Tensor, _ kernel: Kernel) -> Tensor {
    let out = Tensor(uninitialized: y.shape)
    let channels = y.channels
    Parallel.forEachRowRange(rows: y.rows, channels: channels) { range in
      let offset = range.lowerBound * channels
      kernel(
        y.pointer + offset, gradient.pointer + offset, range.count, channels, out.mutablePointer + offset)
    }
    return out
  }
}

/// What a class distribution says about each pixel.
package struct SoftmaxStatistics: Sendable {
  /// The most probable class, the first of equals. *Shape*: `[N, H, W]`.
  package var labels: LabelTensor
  /// Its probability. *Shape*: `[N, H, W]`.
  package var confidence: Tensor
  /// *Units*: nats. *Shape*: `[N, H, W]`.
  package var entropy: Tensor
}

extension Tensor {
  /// Softmax over the channels, without a path back.
  package func softmax() -> Tensor { mapRows(ek_softmax) }

  func mapRows(_ kernel: (UnsafePointer<Float>?, Int, Int, UnsafeMutablePointer<Float>?) -> Void) -> Tensor {
    let out = Tensor(uninitialized: shape)
    let channels = channels
    Parallel.forEachRowRange(rows: rows, channels: channels) { range in
      let offset = range.lowerBound * channels
      kernel(pointer + offset, range.count, channels, out.mutablePointer + offset)
    }
    return out
  }

  /// Class, maximum softmax and entropy of every pixel of class scores `[N, H, W, C]`.
  package func softmaxStatistics() -> SoftmaxStatistics {
    precondition(shape.rank == 4 && shape[3] <= 256)
    let pixels: Shape = [shape[0], shape[1], shape[2]]
    let confidence = Tensor(uninitialized: pixels)
    let entropy = Tensor(uninitialized: pixels)
    var labels = [UInt8](repeating: 0, count: rows)
    labels.withUnsafeMutableBufferPointer { labels in
      guard let base = labels.baseAddress else { return }
      let labelBase = UncheckedBox(base)
      let channels = channels
      Parallel.forEachRowRange(rows: rows, channels: channels) { range in
        let offset = range.lowerBound
        ek_softmax_statistics(
          pointer + offset * channels, range.count, channels, labelBase.value + offset,
          confidence.mutablePointer + offset, entropy.mutablePointer + offset)
      }
    }
    return SoftmaxStatistics(
      labels: LabelTensor(labels, shape: pixels), confidence: confidence, entropy: entropy)
  }
}

extension Tensor {
  /// The softmax probability of each pixel's label. *Shape*: self `[N, H, W, C]`, labels `[N, H, W]`; result
  /// `[N, H, W]`.
  ///
  /// - Precondition: labels are below C.
  package func probabilities(of labels: LabelTensor) -> Tensor {
    precondition(
      shape.rank == 4 && shape[3] <= 256 && labels.shape.dimensions == Array(shape.dimensions.dropLast()))
    let channels = channels
    precondition(labels.labels.allSatisfy { Int($0) < channels }, "a label outside 0 ..< \(channels)")
    let out = Tensor(uninitialized: labels.shape)
    labels.labels.withUnsafeBufferPointer { labels in
      guard let base = labels.baseAddress else { return }
      let labelBase = UncheckedBox(base)
      Parallel.forEachRowRange(rows: rows, channels: channels) { range in
        ek_label_probability(
          pointer + range.lowerBound * channels, labelBase.value + range.lowerBound, range.count, channels,
          out.mutablePointer + range.lowerBound)
      }
    }
    return out
  }

  /// Natural logarithm of every value; of zero, of the smallest normal number.
  package func logarithm() -> Tensor {
    Tensor(values.map { log(max($0, .leastNormalMagnitude)) }, shape: shape)
  }
}
