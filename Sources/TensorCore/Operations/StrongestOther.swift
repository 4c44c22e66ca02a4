import Glibc

extension Tensor {
  /// Per pixel of class scores the most probable class but the label's, the first of equals, and its softmax
  /// probability. *Shape*: self `[N, H, W, C]`, labels and `labelProbability` `[N, H, W]`.
  ///
  /// - Parameter labelProbability: the softmax probability of the labels.
  /// - Precondition: C is at least 2; labels are below C.
  package func strongestOther(
    than labels: LabelTensor, labelProbability: Tensor
  ) -> (labels: [UInt8], probability: [Float]) {
    precondition(shape.rank == 4 && channels >= 2 && labels.labels.count == rows)
    precondition(labelProbability.count == rows)
    let channels = channels
    var others = [UInt8](repeating: 0, count: rows)
    var probabilities = [Float](repeating: 0, count: rows)
    others.withUnsafeMutableBufferPointer { others in
      probabilities.withUnsafeMutableBufferPointer { probabilities in
        labels.labels.withUnsafeBufferPointer { labels in
          guard let others = others.baseAddress, let probabilities = probabilities.baseAddress,
            let labels = labels.baseAddress
          else { return }
          let targets = UncheckedBox((others, probabilities, labels))
          Parallel.forEachRowRange(rows: rows, channels: channels) { range in
            let (others, probabilities, labels) = targets.value
            for row in range {
              let scores = pointer + row * channels
              let label = Int(labels[row])
              let other = Self.largest(scores, channels, but: label)
              others[row] = UInt8(other)
              let ratio = exp(scores[other] - scores[label])
              let product = ratio * labelProbability.pointer[row]
              // Far below the other class, the label's own probability has no digits left.
              probabilities[row] =
                ratio < 1e20 ? (product > 1 ? 1 : product) : Self.softmax(scores, channels, of: other)
            }
          }
        }
      }
    }
    withExtendedLifetime((self, labelProbability)) {}
    return (others, probabilities)
  }

  private static func largest(_ scores: UnsafePointer<Float>, _ count: Int, but label: Int) -> Int {
    var best = label == 0 ? 1 : 0
    var index = best + 1
    while index < count {
      if index != label && scores[index] > scores[best] { best = index }
      index += 1
    }
    return best
  }

  private static func softmax(_ scores: UnsafePointer<Float>, _ count: Int, of index: Int) -> Float {
    var sum: Float = 0
    for other in 0..<count { sum += exp(scores[other] - scores[index]) }
    return 1 / sum
  }
}
