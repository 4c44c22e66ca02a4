/// What the networks say about one image, per pixel, at the image's own size.
///
/// *Shape*: every array is row-major `[height, width]`.
package struct PixelPrediction: Sendable {
  /// What each pixel would most probably be if it is not what its label says.
  package struct Alternatives: Sendable {
    /// The most probable class of the segmentation network but the label's: the second best, or the best where a
    /// label from elsewhere is another one.
    package let labels: [UInt8]
    /// Its softmax probability. *Range*: 0…1.
    package let probability: [Float]
    /// The label's softmax probability less this one. *Range*: −1…1, less is worse; negative where the network
    /// prefers another class than the label.
    package let margin: [Float]

    /// - Precondition: arrays of one length.
    package init(labels: [UInt8], probability: [Float], margin: [Float]) {
      precondition(labels.count == probability.count && labels.count == margin.count)
      self.labels = labels
      self.probability = probability
      self.margin = margin
    }
  }

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
  package let alternatives: Alternatives?
  /// What the image looks like to the segmentation network: the mean of the encoder's features over the image.
  package let embedding: [Float]?

  /// - Precondition: all arrays but the embedding have `width * height` elements.
  package init(
    width: Int, height: Int, classCount: Int, labels: [UInt8], errorProbability: [Float],
    confidence: [Float], entropy: [Float], alternatives: Alternatives? = nil, embedding: [Float]? = nil
  ) {
    let count = width * height
    precondition(labels.count == count && errorProbability.count == count)
    precondition(confidence.count == count && entropy.count == count)
    precondition(alternatives == nil || alternatives?.labels.count == count)
    self.width = width
    self.height = height
    self.classCount = classCount
    self.labels = labels
    self.errorProbability = errorProbability
    self.confidence = confidence
    self.entropy = entropy
    self.alternatives = alternatives
    self.embedding = embedding
  }

  /// Whether all values are numbers. A network that diverged, or one whose weights don't fit, gives others.
  package var isFinite: Bool {
    [errorProbability, confidence, entropy].allSatisfy { values in values.allSatisfy { $0.isFinite } }
  }
}
