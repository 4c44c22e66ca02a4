/// Which images may pass without a look: those whose estimated error rate is at most `threshold`.
///
/// The guarantee: with probability `confidence` over the drawing of the calibration images, images like these whose
/// estimate is at most the threshold have a mean error rate of at most `maximumError`. "Like these" means
/// exchangeable: drawn from the same source; frames of one video are so only if both sets are drawn from it at random.
///
/// Thresholds of a fixed grid are tested from the strictest on, each with the Hoeffding–Bentkus p-value of the error
/// rates of the calibration images that it accepts; the last one before the first failure is taken (fixed-sequence
/// testing). Thresholds that accept too few images to be decided at all are passed over, which depends on the counts
/// alone, so that the error over all tests stays below 1 − `confidence`.
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
  /// How many accepted images, without a single error, the guarantee takes at least.
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

  /// - Parameter images: of the calibration, with estimates that were made without each.
  /// - Precondition: both numbers lie between 0 and 1.
  package init(images: [CalibrationReport.Image], maximumError: Double, confidence: Double) {
    precondition((0...1).contains(maximumError) && (0...1).contains(confidence))
    self.maximumError = maximumError
    self.confidence = confidence
    calibrationCount = images.count
    let delta = 1 - confidence
    minimumAccepted = HoeffdingBentkus.samplesNeeded(level: maximumError, delta: delta)
    var best: (threshold: Double, count: Int, rate: Double)?
    for threshold in Self.grid {
      let accepted = images.filter { $0.estimatedErrorRate <= threshold }
      guard accepted.count >= minimumAccepted else { continue }
      let rate = accepted.reduce(0) { $0 + $1.errorRate } / Double(accepted.count)
      let p = HoeffdingBentkus.pValue(mean: rate, count: accepted.count, level: maximumError)
      guard p <= delta else { break }
      best = (threshold, accepted.count, rate)
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
    images: [CalibrationReport.Image], maximumError: Double, confidence: Double
  ) -> Int? {
    var fewest: Int?
    for threshold in grid {
      let accepted = images.filter { $0.estimatedErrorRate <= threshold }
      guard !accepted.isEmpty else { continue }
      let rate = accepted.reduce(0) { $0 + $1.errorRate } / Double(accepted.count)
      guard rate < maximumError else { continue }
      var count = 1
      while HoeffdingBentkus.pValue(mean: rate, count: count, level: maximumError) > 1 - confidence {
        count += max(1, count / 50)
        if count > 10_000_000 { break }
      }
      guard count <= 10_000_000 else { continue }
      let total = Int((Double(count) * Double(images.count) / Double(accepted.count)).rounded(.up))
      fewest = min(fewest ?? .max, total)
    }
    return fewest
  }
}
