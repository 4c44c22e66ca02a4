import Foundation
import TensorCore

/// In what range the true error rate of a batch of images lies, over its estimated one, by the bootstrap over the
/// calibration images.
///
/// Two things are left to chance: which images the calibration was made on, and which images are in the batch. So each
/// resample takes the ratio of the true to the estimated error rate in as many calibration images as there are, drawn
/// with replacement, and adds how far the ratio of a batch (as many images as the batch has, drawn from the calibration
/// images too) lies from that of all. The middle share of these sums is the range. For a batch of more than
/// `largestDrawnBatch` images the second part is drawn from the normal distribution that it then has.
///
/// An audit estimates over all pixels, since it cannot know which ones a person would leave without label; true error
/// rates are those of the pixels with a label. The ratio is between these two, so it holds for audits; what it cannot
/// see is a batch in which people would leave much more or less without label than in the calibration images.
///
/// It covers what chance does, not images of another kind.
///
/// *Source*: percentile bootstrap, Efron, Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
package struct ErrorRateRatio: Sendable, Equatable {
  /// *Range*: 0 and more.
  package let lower: Double
  package let upper: Double
  /// The share of such ranges that hold the true ratio.
  package let coverage: Double
  package let calibrationImages: Int

  private static let resamples = 2000
  /// *Units*: images.
  private static let largestDrawnBatch = 2000

  package init(lower: Double, upper: Double, coverage: Double, calibrationImages: Int) {
    self.lower = lower
    self.upper = upper
    self.coverage = coverage
    self.calibrationImages = calibrationImages
  }

  /// - Parameters:
  ///   - counts: of the calibration's images; estimates that were made without each.
  ///   - batchImages: how many images the estimate is of.
  ///   - coverage: 0.95 for a 95 % interval.
  /// - Returns: `nil` with fewer than two images, or where no error was expected in them.
  package init?(counts: [CalibrationCounts], batchImages: Int, coverage: Double = 0.95, seed: UInt64 = 0) {
    precondition(coverage > 0 && coverage < 1 && batchImages > 0)
    guard counts.count >= 2, let all = counts.reduce(.none, +).ratio else { return nil }
    var generator = SeededGenerator(seed: seed)
    let normalSpread =
      batchImages > Self.largestDrawnBatch
      ? Self.spread(counts, around: all) / sqrt(Double(batchImages)) : nil
    var ratios: [Double] = []
    for _ in 0..<Self.resamples {
      guard let calibration = Self.draw(counts.count, of: counts, &generator).ratio else { continue }
      if let normalSpread {
        ratios.append(calibration + normalSpread * Self.normal(&generator))
      } else if let batch = Self.draw(batchImages, of: counts, &generator).ratio {
        ratios.append(calibration + batch - all)
      }
    }
    guard !ratios.isEmpty else { return nil }
    ratios.sort()
    let tail = (1 - coverage) / 2
    let low = Int((tail * Double(ratios.count)).rounded(.down))
    let high = min(ratios.count - 1, Int(((1 - tail) * Double(ratios.count)).rounded(.up)) - 1)
    self.init(
      lower: max(0, ratios[low]), upper: max(0, ratios[high]), coverage: coverage,
      calibrationImages: counts.count)
  }

  /// The range for a single image, by split conformal prediction: the calibration images' own ratios, whose estimates were
  /// made without them, stand for the new image's, and the middle ones of them are the range. It holds the ratio of
  /// at least `coverage` of the images that are drawn like those, whatever the ratios' distribution.
  ///
  /// - Returns: `nil` with too few images for the coverage: 95 % takes 39.
  ///
  /// *Source*: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, 2018, DOI 10.1080/01621459.2017.1307116, section 2.2.
  package static func ofImage(_ counts: [CalibrationCounts], coverage: Double = 0.95) -> ErrorRateRatio? {
    ofGroups(counts.map { [$0] }, coverage: coverage)
  }

  /// The same for one thing of many in an image: what is counted in an image has one image's weight together, and the
  /// range holds at least `coverage` of the ratios that are drawn by drawing an image, and then one of its things.
  ///
  /// - Returns: `nil` with too few images that have a ratio: 95 % takes 39.
  static func ofGroups(_ groups: [[CalibrationCounts]], coverage: Double) -> ErrorRateRatio? {
    precondition(coverage > 0 && coverage < 1)
    let groups = groups.map { $0.compactMap(\.ratio) }.filter { !$0.isEmpty }
    // Of the n + 1 places that a new image can take, so many at each end lie outside, one of them its own.
    let outside = Double(groups.count + 1) * (1 - coverage) / 2 - 1 + 1e-9
    guard outside >= 0 else { return nil }
    let ratios = groups.flatMap { group in group.map { (ratio: $0, weight: 1 / Double(group.count)) } }
      .sorted { $0.ratio < $1.ratio }
    /// The first one that, with those before it, weighs more than may lie outside.
    func end(_ ratios: some Sequence<(ratio: Double, weight: Double)>) -> Double {
      var weight = 0.0
      return ratios.first {
        weight += $0.weight
        return weight > outside
      }?.ratio ?? 0
    }
    return ErrorRateRatio(
      lower: end(ratios), upper: end(ratios.reversed()), coverage: coverage, calibrationImages: groups.count)
  }

  private static func draw(
    _ count: Int, of counts: [CalibrationCounts], _ generator: inout SeededGenerator
  ) -> CalibrationCounts {
    var sum = CalibrationCounts.none
    // With 2³² much larger than the number of images, no image is drawn noticeably more often than another.
    let images = UInt64(counts.count)
    counts.withUnsafeBufferPointer { counts in
      for _ in 0..<count { sum.add(counts[Int(((generator.next() >> 32) &* images) >> 32)]) }
    }
    return sum
  }

  /// The standard deviation of the ratio of a batch of one image, to first order.
  private static func spread(_ counts: [CalibrationCounts], around ratio: Double) -> Double {
    let total = counts.reduce(.none, +)
    let size = Double(counts.count)
    // Ratio = (wrong / known) / (estimated / all): each sum's share of the deviation is relative to its own mean.
    let squares = counts.reduce(0.0) { sum, image in
      let deviation =
        image.wrong / max(total.wrong, 1e-9) - image.known / total.known
        - image.estimatedWrong / total.estimatedWrong + image.all / total.all
      return sum + deviation * deviation
    }
    return ratio * sqrt(squares * size * size / max(1, size - 1))
  }

  /// *Source*: Box, Muller, 1958.
  private static func normal(_ generator: inout SeededGenerator) -> Double {
    let radius = sqrt(-2 * log(1 - Double(generator.nextUniform())))
    return radius * cos(2 * .pi * Double(generator.nextUniform()))
  }
}
