import Auditing
import Foundation
import TensorCore
import Testing

@Suite struct RegionErrorRatiosTests {
  private static func region(_ ratio: Double) -> CalibrationCounts {
    CalibrationCounts(known: 1000, wrong: 500 * ratio, all: 1000, estimatedWrong: 500)
  }

  /// An image's regions share what is special about it; images with many of them are worse.
  private static func image(_ generator: inout SeededGenerator) -> [Double] {
    let common = Double(generator.nextUniform())
    let count = common > 0.8 ? 30 : 2 + Int(generator.next() % 3)
    return (0..<count).map { _ in 0.4 + common + 0.2 * Double(generator.nextUniform()) }
  }

  private static func images(_ count: Int, seed: UInt64) -> [[Double]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in image(&generator) }
  }

  private struct Shares {
    var worst = 0.0
    var others = 0.0
    /// Of the other regions, if each of the calibration's counts as much as any other.
    var pooled = 0.0
  }

  /// What share of new images' regions lies in the ranges, over 300 calibrations of 60 images; each image counts once.
  private func shares() throws -> Shares {
    var shares = Shares()
    let calibrations = 300
    for seed in 0..<UInt64(calibrations) {
      let counts = Self.images(60, seed: 1 + 7 * seed).map { $0.map(Self.region) }
      let ratios = RegionErrorRatios(counts)
      let (worst, others) = (try #require(ratios.worst), try #require(ratios.others))
      let pooled = try #require(
        RegionErrorRatios(counts.flatMap { $0.dropFirst().map { [$0] } }).worst)
      let new = Self.images(40, seed: 100_000 + seed)
      func share(_ ratio: ErrorRateRatio) -> Double {
        new.reduce(0.0) { sum, image in
          let inside = image.dropFirst().count { (ratio.lower...ratio.upper).contains($0) }
          return sum + Double(inside) / Double(image.count - 1)
        } / Double(new.count)
      }
      shares.worst +=
        Double(new.count { (worst.lower...worst.upper).contains($0[0]) }) / Double(new.count)
      shares.others += share(others)
      shares.pooled += share(pooled)
    }
    let count = Double(calibrations)
    return Shares(
      worst: shares.worst / count, others: shares.others / count, pooled: shares.pooled / count)
  }

  /// 95 % are promised. 60 images give the first of their worst regions' ratios as ends: 59 of 61 places lie inside,
  /// 96.7 %. From seed to seed the shares vary by 0.3 % (standard deviation).
  @Test func theTruthIsCovered() throws {
    let shares = try shares()
    #expect((0.955...0.98).contains(shares.worst), "\(shares)")
    #expect((0.945...0.985).contains(shares.others), "\(shares)")
    // Images with many regions would crowd out the others, which are better.
    #expect(shares.pooled < 0.93, "\(shares)")
  }

  /// One region an image: the order statistics of split conformal prediction.
  @Test func theEndsAreOrderStatistics() throws {
    let images = (1...80).shuffled().map { [Self.region(Double($0) / 100)] }
    let ratios = RegionErrorRatios(images)
    let worst = try #require(ratios.worst)
    #expect(abs(worst.lower - 0.02) < 1e-12 && abs(worst.upper - 0.79) < 1e-12)
    #expect(worst.calibrationImages == 80 && worst.coverage == 0.95)
    #expect(ratios.others == nil)
    #expect(RegionErrorRatios(Array(images.prefix(38))).worst == nil)
    #expect(RegionErrorRatios(Array(images.prefix(39))).worst != nil)
  }

  /// 79 images: two places of 80 lie outside at each end, one of them the new image's own. The first image's two other
  /// regions weigh half an image each.
  @Test func regionsOfAnImageShareItsWeight() throws {
    var images = (1...79).map { [Self.region(1), Self.region(Double($0) / 100)] }
    images[0] = [Self.region(1), Self.region(0.001), Self.region(0.002)]
    let others = try #require(RegionErrorRatios(images).others)
    #expect(abs(others.lower - 0.02) < 1e-12 && abs(others.upper - 0.78) < 1e-12)
    // With a third one below, it still weighs one image.
    images[0].append(Self.region(0.003))
    #expect(RegionErrorRatios(images).others == others)
    // As two images, they would weigh two.
    images[0] = [Self.region(1), Self.region(0.001)]
    images[1] = [Self.region(1), Self.region(0.002)]
    #expect(abs((try #require(RegionErrorRatios(images).others)).lower - 0.002) < 1e-12)
  }

  @Test func regionsOfUnknownTruthSayNothing() throws {
    let unknown = CalibrationCounts(known: 0, wrong: 0, all: 100, estimatedWrong: 60)
    let images = (1...39).map { [Self.region(Double($0) / 100)] }
    #expect(try #require(RegionErrorRatios(images + [[unknown], []]).worst).calibrationImages == 39)
    #expect(RegionErrorRatios(images.dropLast() + [[unknown]]).worst == nil)
  }

  /// Two regions of 4 and 2 pixels, and one too small; a pixel of the first is not known.
  @Test func truthOfRegions() {
    let prediction = PixelPrediction.drawn("##..9", "##...", "...66")
    var settings = RegionSettings()
    settings.minimumAreaPixels = 2
    let counts = ErrorRegion.counts(
      width: 5, height: 3, errorProbability: prediction.errorProbability, labels: prediction.labels,
      truth: [
        1, 1, 1, 1, 1,
        0, 9, 1, 1, 1,
        1, 1, 1, 0, 2,
      ], ignoreLabel: 9, settings: settings)
    #expect(counts.count == 2)
    #expect(counts[0] == CalibrationCounts(known: 3, wrong: 2, all: 4, estimatedWrong: 3))
    #expect((counts[1].known, counts[1].wrong, counts[1].all) == (2, 1, 2))
    #expect(abs(counts[1].estimatedWrong - 1.2) < 1e-6)
    #expect(abs((counts[0].ratio ?? 0) - (2.0 / 3) / 0.75) < 1e-12)
  }
}
