import TensorCore

/// Which images may pass without a look: those whose estimated error rate is at most `threshold`.
///
/// The guarantee: with probability `confidence` over the drawing and shuffling of the calibration images, images like
/// these whose estimate is at most the threshold have a mean error rate of at most `maximumError`. "Like these" means
/// exchangeable: drawn from the same source; frames of one video are so only if both sets are drawn from it at random.
/// It is exact for estimates that do not depend on the calibration images' errors. Estimates by cross-validation do, a
/// little, and audits use the calibration that was fitted to all images.
///
/// Estimates are those of an audit, the means over all pixels; error rates count the pixels that people gave a label.
///
/// The images are shuffled first, since betting stops where it has won most: in the order of a video, good first
/// frames would win before the bad ones come.
///
/// Thresholds of a fixed grid are tested by betting on the error rates of the calibration images that they accept. Five
/// tests begin at the thresholds that accept 1/16, 1/8, 1/4, 1/2 and all of those images, each with a fifth of
/// 1 − `confidence`, and go on to larger thresholds until the first failure (fixed-sequence testing); the largest
/// threshold that passed is taken. Where a test begins depends on the estimates alone, never on the errors.
///
/// *Source*: Angelopoulos, Bates, Candès, Jordan, Lei, "Learn then test", arXiv 2110.01052.
package struct Acceptance: Sendable, Codable, Hashable {
  package let maximumError: Double
  package let confidence: Double
  /// `nil` where no threshold can be guaranteed.
  package let threshold: Double?
  /// Calibration images that the threshold accepts, and their mean error rate.
  package let acceptedCount: Int
  package let acceptedErrorRate: Double?
  package let calibrationCount: Int
  /// How many accepted calibration images, without a single error, the guarantee takes at least.
  package let minimumAccepted: Int

  /// Estimated error rates that are tried as thresholds: 0.1 % to 100 % in steps of about 4 %.
  package static let grid: [Double] = {
    var values: [Double] = []
    var value = 0.001
    while value < 1 {
      values.append(value)
      value *= 1.04
    }
    return values + [1]
  }()

  /// Shares of the calibration images at which the tests begin.
  private static let starts = [0.0625, 0.125, 0.25, 0.5, 1]

  /// - Parameters:
  ///   - images: of the calibration, in any order, with estimates that were made without each.
  ///   - seed: of the shuffling.
  /// - Precondition: both numbers lie strictly between 0 and 1.
  package init(
    images: [CalibrationReport.Image], maximumError: Double, confidence: Double, seed: UInt64 = 0
  ) {
    precondition(maximumError > 0 && maximumError < 1 && confidence > 0 && confidence < 1)
    self.maximumError = maximumError
    self.confidence = confidence
    var generator = SeededGenerator(seed: seed)
    let shuffled = images.shuffled(using: &generator)
    calibrationCount = images.count
    let delta = (1 - confidence) / Double(Self.starts.count)
    minimumAccepted = BettingTest.samplesNeeded(level: maximumError, delta: delta)
    var best: (threshold: Double, count: Int, rate: Double)?
    for share in Self.starts {
      for threshold in Self.grid {
        let accepted = shuffled.filter { $0.auditedErrorRate <= threshold }
        guard !accepted.isEmpty, Double(accepted.count) >= share * Double(images.count) else { continue }
        let rates = accepted.map(\.errorRate)
        guard BettingTest.pValue(losses: rates, level: maximumError, delta: delta) <= delta else { break }
        if threshold > best?.threshold ?? 0 {
          best = (threshold, accepted.count, rates.reduce(0, +) / Double(rates.count))
        }
      }
    }
    threshold = best?.threshold
    acceptedCount = best?.count ?? 0
    acceptedErrorRate = best?.rate
  }

  package func accepts(estimatedErrorRate: Double) -> Bool {
    threshold.map { estimatedErrorRate <= $0 } ?? false
  }

  /// Roughly how many calibration images would do, if the share of them that is good enough stays the same; `nil` if
  /// none of them suggests that any part is good enough.
  package static func imagesNeeded(
    images: [CalibrationReport.Image], maximumError: Double, confidence: Double, seed: UInt64 = 0
  ) -> Int? {
    var generator = SeededGenerator(seed: seed)
    let shuffled = images.shuffled(using: &generator)
    let delta = (1 - confidence) / Double(starts.count)
    var fewest: Int?
    for threshold in grid {
      let accepted = shuffled.filter { $0.auditedErrorRate <= threshold }
      guard !accepted.isEmpty else { continue }
      guard
        let count = BettingTest.samplesNeeded(
          like: accepted.map(\.errorRate), level: maximumError, delta: delta)
      else { continue }
      let total = Int((Double(count) * Double(images.count) / Double(accepted.count)).rounded(.up))
      fewest = min(fewest ?? .max, total)
    }
    return fewest
  }
}
