/// By what images are ranked; the worst comes first in every order.
package enum RankingOrder: String, Sendable, CaseIterable, Codable {
  /// Mean of the error probability over the image's pixels.
  case expectedErrorRate = "error-rate"
  /// Its sum: what relabelling the image would mend.
  case expectedWrongPixels = "wrong-pixels"
  /// Expected wrong pixels of the image's worst connected region.
  case worstRegion = "worst-region"
  /// Mean over the image's classes of the expected error rate in each.
  case classBalanced = "class-balanced"
  /// What correcting the image's regions mends, for the time that it takes (`AnnotationCost`).
  case gainPerMinute = "gain-per-minute"
  /// Mean softmax entropy, for comparison.
  case entropy
  /// Mean of the label's probability less that of the best other class, for comparison.
  case margin
  /// Mean of 1 − maximum softmax, for comparison.
  case confidence

  /// How an image's pixels become its one number.
  package var aggregation: String {
    switch self {
    case .expectedErrorRate: "mean error probability of the image's pixels"
    case .expectedWrongPixels: "sum of the error probability over the image's pixels"
    case .worstRegion: "sum of the error probability over the image's worst connected region"
    case .classBalanced:
      "mean over the classes predicted in the image (on at least 0.1 % of it) of the mean error probability in each"
    case .gainPerMinute:
      "sum of the error probability over the image's regions, divided by the minutes that correcting them takes"
    case .entropy: "mean entropy of the softmax over the image's pixels"
    case .margin:
      "mean over the image's pixels of the label's softmax probability less the best other class's, least first"
    case .confidence: "mean softmax probability of the label over the image's pixels, least first"
    }
  }

  /// Whether the smallest value comes first.
  package var isAscending: Bool { self == .margin || self == .confidence }

  /// The orders in which one class can be counted alone.
  package var countsOneClass: Bool { self == .expectedErrorRate || self == .expectedWrongPixels }
}
