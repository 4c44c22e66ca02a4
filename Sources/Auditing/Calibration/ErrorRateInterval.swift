/// In what range a true error rate lies, given its estimated one: the estimate times an `ErrorRateRatio`.
package struct ErrorRateInterval: Sendable, Equatable, Codable {
  /// The estimated error rate. *Range*: 0…1.
  package let estimate: Double
  /// *Range*: 0…1.
  package let lower: Double
  package let upper: Double
  /// The share of such intervals that hold the true error rate.
  package let coverage: Double
  package let calibrationImages: Int

  package init(estimate: Double, lower: Double, upper: Double, coverage: Double, calibrationImages: Int) {
    self.estimate = estimate
    self.lower = lower
    self.upper = upper
    self.coverage = coverage
    self.calibrationImages = calibrationImages
  }

  package init(estimate: Double, ratio: ErrorRateRatio) {
    self.init(
      estimate: estimate, lower: min(1, estimate * ratio.lower), upper: min(1, estimate * ratio.upper),
      coverage: ratio.coverage, calibrationImages: ratio.calibrationImages)
  }

  /// As `ErrorRateRatio`.
  ///
  /// - Parameter estimate: the mean calibrated error probability.
  package init?(
    estimate: Double, counts: [CalibrationCounts], batchImages: Int, coverage: Double = 0.95, seed: UInt64 = 0
  ) {
    guard
      let ratio = ErrorRateRatio(counts: counts, batchImages: batchImages, coverage: coverage, seed: seed)
    else { return nil }
    self.init(estimate: estimate, ratio: ratio)
  }

  package func contains(_ errorRate: Double) -> Bool { lower <= errorRate && errorRate <= upper }
}
