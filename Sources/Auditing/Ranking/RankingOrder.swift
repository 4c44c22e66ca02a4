/// By what images are ranked; the worst comes first in every order.
package enum RankingOrder: String, Sendable, CaseIterable, Codable {
  /// Mean of the error probability over the image's pixels.
  case expectedErrorRate = "error-rate"
  /// Its sum: what relabelling the image would mend.
  case expectedWrongPixels = "wrong-pixels"
  /// Expected wrong pixels of the image's worst connected region.
  case worstRegion = "worst-region"
  /// Mean softmax entropy, for comparison.
  case entropy
  /// Mean of 1 − maximum softmax, for comparison.
  case confidence
}
