/// What the networks say about one image, per pixel, at the image's own size.
///
/// *Shape*: every array is row-major `[height, width]`.
package struct PixelPrediction: Sendable {
  package let width: Int
  package let height: Int
  package let classCount: Int
  /// The class index of the pseudo-label. *Range*: 0 ..< `classCount`.
  package let labels: [UInt8]
  /// The probability that the pseudo-label is wrong, 1 − ELN's output. *Range*: 0…1, more is worse.
  package let errorProbability: [Float]
  /// The maximum softmax probability of the segmentation network. *Range*: 1 / `classCount` … 1.
  package let confidence: [Float]
  /// The entropy of the softmax. *Units*: nats. *Range*: 0 … ln(`classCount`).
  package let entropy: [Float]

  /// - Precondition: all arrays have `width * height` elements.
  package init(
    width: Int, height: Int, classCount: Int, labels: [UInt8], errorProbability: [Float],
    confidence: [Float], entropy: [Float]
  ) {
    let count = width * height
    precondition(labels.count == count && errorProbability.count == count)
    precondition(confidence.count == count && entropy.count == count)
    self.width = width
    self.height = height
    self.classCount = classCount
    self.labels = labels
    self.errorProbability = errorProbability
    self.confidence = confidence
    self.entropy = entropy
  }

  /// Whether all values are numbers. A network that diverged, or one whose weights don't fit, gives others.
  package var isFinite: Bool {
    [errorProbability, confidence, entropy].allSatisfy { values in values.allSatisfy { $0.isFinite } }
  }
}
