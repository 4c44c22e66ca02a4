import Foundation
import TensorCore

/// Which pixels may pass without a look: those whose error probability is at most `threshold`, in all images.
///
/// The guarantee: with probability `confidence` over the drawing and shuffling of the calibration images, in images like
/// these at most `maximumError` of the pixels that pass are wrong, all images together. "Like these" is as in
/// `Acceptance`. What decides is not the number of pixels but of images: the pixels of one image go wrong together.
///
/// An image's loss at a threshold is the share of its pixels that pass and are wrong, less `maximumError` times the share
/// that pass, plus `maximumError`: it lies in 0…1, and its mean is at most `maximumError` exactly where the promise
/// holds. Levels are tested by betting from several starting points up to the first failure, as in `Acceptance`; the
/// starts are the levels that 1/4, 1/2, 3/4 and 9/10 of all calibration pixels pass.
///
/// Pixels that people left without label take no part: whether they are wrong is not known. Images should have about
/// the same number of pixels.
///
/// *Source*: Angelopoulos, Bates, Candès, Jordan, Lei, "Learn then test", arXiv 2110.01052; the ratio as a mean, their
/// section 2.2 (false discovery rate).
package struct PixelAcceptance: Sendable, Codable, Hashable {
  package let maximumError: Double
  package let confidence: Double
  /// Error probability as the audit's maps keep it, 0…255 for 0…1; `nil` where no level can be guaranteed.
  package let threshold: UInt8?
  /// Of the calibration's pixels: the share that passes, and of these the share that is wrong.
  package let passedShare: Double
  package let passedErrorRate: Double?
  package let calibrationCount: Int

  private static let starts = [0.25, 0.5, 0.75, 0.9]

  /// - Parameter images: of the calibration, in any order; from estimates that were made without each.
  /// - Precondition: both numbers lie strictly between 0 and 1.
  package init(images: [PassingPixels], maximumError: Double, confidence: Double, seed: UInt64 = 0) {
    precondition(maximumError > 0 && maximumError < 1 && confidence > 0 && confidence < 1)
    self.maximumError = maximumError
    self.confidence = confidence
    calibrationCount = images.count
    var generator = SeededGenerator(seed: seed)
    let shuffled = images.shuffled(using: &generator)
    let delta = (1 - confidence) / Double(Self.starts.count)
    let shares = Self.shares(images)
    var best: Int?
    for start in Self.starts {
      guard let first = shares.firstIndex(where: { $0 >= start }) else { continue }
      for level in first..<shares.count {
        let losses = Self.losses(shuffled, level, maximumError)
        guard BettingTest.pValue(losses: losses, level: maximumError, delta: delta) <= delta else { break }
        best = max(best ?? 0, level)
      }
    }
    threshold = best.map { PassingPixels.levels[$0] }
    passedShare = best.map { shares[$0] } ?? 0
    passedErrorRate = best.map { Self.errorRate(images, $0) }
  }

  private static func shares(_ images: [PassingPixels]) -> [Double] {
    let pixels = Double(max(1, images.reduce(0) { $0 + $1.pixels }))
    return PassingPixels.levels.indices.map { level in
      Double(images.reduce(0) { $0 + $1.passed[level] }) / pixels
    }
  }

  private static func errorRate(_ images: [PassingPixels], _ level: Int) -> Double {
    Double(images.reduce(0) { $0 + $1.wrong[level] })
      / Double(max(1, images.reduce(0) { $0 + $1.passed[level] }))
  }

  private static func losses(_ images: [PassingPixels], _ level: Int, _ maximumError: Double) -> [Double] {
    images.map { image in
      let pixels = Double(max(1, image.pixels))
      return Double(image.wrong[level]) / pixels + maximumError * (1 - Double(image.passed[level]) / pixels)
    }
  }

  /// Roughly how many calibration images would do, if they are like these; `nil` if even the pixels that seem safest
  /// are too often wrong.
  package static func imagesNeeded(
    images: [PassingPixels], maximumError: Double, confidence: Double, seed: UInt64 = 0
  ) -> Int? {
    var generator = SeededGenerator(seed: seed)
    let shuffled = images.shuffled(using: &generator)
    let delta = (1 - confidence) / Double(starts.count)
    let shares = shares(images)
    // A test can only succeed at a start, and goes on from there.
    let levels = Set(starts.compactMap { start in shares.firstIndex { $0 >= start } })
    return levels.compactMap { level in
      BettingTest.samplesNeeded(
        like: losses(shuffled, level, maximumError), level: maximumError, delta: delta)
    }.min()
  }
}
