import TensorCore

/// How far an estimated error rate of many images can be trusted, by the bootstrap over the calibration images.
///
/// Each resample of the calibration images has its own ratio of truly wrong to estimated wrong pixels; the middle
/// share of these ratios, times the estimate, is the interval. It covers what the choice of calibration images does,
/// not images of another kind.
///
/// *Source*: percentile bootstrap, Efron, Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
package struct ErrorRateInterval: Sendable, Equatable {
  /// *Range*: 0…1.
  package let lower: Double
  package let upper: Double

  private static let resamples = 2000

  /// - Parameters:
  ///   - estimate: the mean calibrated error probability.
  ///   - images: of the calibration; estimates that were made without each.
  ///   - coverage: 0.95 for a 95 % interval.
  /// - Returns: `nil` with fewer than two images, or where no error was expected in them.
  package init?(
    estimate: Double, images: [CalibrationReport.Image], coverage: Double = 0.95, seed: UInt64 = 0
  ) {
    precondition(coverage > 0 && coverage < 1)
    guard images.count >= 2, images.contains(where: { $0.estimatedWrongPixels > 0 }) else { return nil }
    var generator = SeededGenerator(seed: seed)
    var ratios: [Double] = []
    for _ in 0..<Self.resamples {
      var wrong = 0.0
      var estimated = 0.0
      for _ in images.indices {
        let image = images[Int.random(in: 0..<images.count, using: &generator)]
        wrong += Double(image.wrongPixels)
        estimated += image.estimatedWrongPixels
      }
      if estimated > 0 { ratios.append(wrong / estimated) }
    }
    guard !ratios.isEmpty else { return nil }
    ratios.sort()
    let tail = (1 - coverage) / 2
    let low = Int((tail * Double(ratios.count)).rounded(.down))
    let high = min(ratios.count - 1, Int(((1 - tail) * Double(ratios.count)).rounded(.up)) - 1)
    lower = min(1, estimate * ratios[low])
    upper = min(1, estimate * ratios[high])
  }
}
