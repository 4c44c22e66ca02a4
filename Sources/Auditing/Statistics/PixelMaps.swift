import Foundation

/// The per-pixel results of one image in 8 bits each.
///
/// *Shape*: row-major `[height, width]`.
package struct PixelMaps: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let labels: [UInt8]
  /// *Range*: 0…255 for 0…1, rounded.
  package let errorProbability: [UInt8]
  /// *Range*: 0…255 for 0…1, rounded.
  package let confidence: [UInt8]
  /// *Range*: 0…255 for 0…ln(classes), rounded.
  package let entropy: [UInt8]

  /// - Precondition: all maps have `width * height` elements.
  package init(
    width: Int, height: Int, labels: [UInt8], errorProbability: [UInt8], confidence: [UInt8], entropy: [UInt8]
  ) {
    let count = width * height
    precondition(labels.count == count && errorProbability.count == count)
    precondition(confidence.count == count && entropy.count == count)
    self.width = width
    self.height = height
    self.labels = labels
    self.errorProbability = errorProbability
    self.confidence = confidence
    self.entropy = entropy
  }

  package init(_ prediction: PixelPrediction) {
    let entropyScale = Float(1 / log(Double(max(2, prediction.classCount))))
    self.init(
      width: prediction.width, height: prediction.height, labels: prediction.labels,
      errorProbability: Self.quantize(prediction.errorProbability, scale: 1),
      confidence: Self.quantize(prediction.confidence, scale: 1),
      entropy: Self.quantize(prediction.entropy, scale: entropyScale))
  }

  private static func quantize(_ values: [Float], scale: Float) -> [UInt8] {
    values.map { UInt8(max(0, min(255, $0 * scale * 255 + 0.5))) }
  }
}
