/// Where the error probability of an audit comes from.
package enum ErrorEstimator: String, Sendable, Codable, CaseIterable {
  /// 1 − ELN's output (or the error correction network's, where that was trained).
  case network = "eln"
  /// 1 − the segmentation network's probability of the label; for its own labels, 1 − the maximum softmax.
  case confidence
  /// The entropy over its largest value, ln(classes): how undecided the segmentation network is, whatever the label.
  case entropy
  /// 1 − the mean probability that the auxiliary decoders give the label.
  case disagreement
  /// How far the segmentation network's class probabilities for the image and for its mirror image lie apart (total
  /// variation distance), whatever the label. Only where both are predicted.
  case flip
  /// The mean of `eln` and `confidence`; with another program's confidence in its labels, of the three.
  case mean
  /// All of the above that the model and the options of prediction allow, joined as a calibration has learned it; without one, as `mean`.
  case combined

  /// The single detectors that this one is made of.
  package var parts: [ErrorEstimator] {
    switch self {
    case .mean: [.network, .confidence]
    case .combined: [.network, .confidence, .entropy, .disagreement, .flip]
    default: [self]
    }
  }

  /// Takes in the confidence that another program gave with its labels.
  package func joined(_ errorProbability: Float, givenConfidence: Float) -> Float {
    parts.count > 1 ? (2 * errorProbability + 1 - givenConfidence) / 3 : errorProbability
  }
}
