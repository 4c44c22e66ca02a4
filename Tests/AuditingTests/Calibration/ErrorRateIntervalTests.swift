import Auditing
import TensorCore
import Testing

@Suite struct ErrorRateIntervalTests {
  /// Images whose estimates are right on average, each off by a factor of its own.
  private func counts(_ count: Int, seed: UInt64) -> [CalibrationCounts] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let rate = Double(generator.nextUniform(in: 0.05...0.15))
      return CalibrationCounts(
        known: 1000, wrong: 1000 * rate * Double(generator.nextUniform(in: 0...2)), all: 1000,
        estimatedWrong: 1000 * rate)
    }
  }

  /// How many of 400 intervals, each from its own calibration, hold the true error rate of a batch of its own.
  private func covered(calibration: Int, batch: Int, told batchImages: Int) throws -> Int {
    try (0..<400 as Range<UInt64>).reduce(0) { sum, seed in
      let images = counts(batch, seed: 100_000 + seed).reduce(.none, +)
      let interval = try #require(
        ErrorRateInterval(
          estimate: images.estimatedWrong / images.all, counts: counts(calibration, seed: 1 + 7 * seed),
          batchImages: batchImages))
      let truth = images.wrong / images.known
      return sum + (interval.lower <= truth && truth <= interval.upper ? 1 : 0)
    }
  }

  /// 95 % are wanted; with 400 the standard deviation is 1.1 %, and the bootstrap is a little narrow for few images.
  @Test(arguments: [(51, 101), (51, 20), (200, 200)]) func coversTheTruthOfABatch(
    calibration: Int, batch: Int
  )
    throws
  {
    let share = Double(try covered(calibration: calibration, batch: batch, told: batch)) / 400
    #expect(share > 0.91 && share < 0.99, "\(share)")
  }

  /// A single image's interval, as `query` prints it. 95 % are promised; with 51 calibration images the least and the
  /// largest ratio are its ends, and 50 of the 52 places of a new one lie inside: 96.2 %.
  @Test func coversTheTruthOfAnImage() throws {
    var inside = 0
    for seed in 0..<100 as Range<UInt64> {
      let ratio = try #require(ErrorRateRatio.ofImage(counts(51, seed: 1 + 7 * seed)))
      inside += counts(100, seed: 100_000 + seed).count { image in
        ErrorRateInterval(estimate: image.estimatedWrong / image.all, ratio: ratio)
          .contains(image.wrong / image.known)
      }
    }
    #expect((0.95...0.972).contains(Double(inside) / 10_000), "\(inside)")
  }

  @Test func theEndsAreOrderStatistics() throws {
    let images = (1...80).shuffled().map {
      CalibrationCounts(known: 100, wrong: Double($0), all: 100, estimatedWrong: 10)
    }
    // 81 places, 2.5 % of them at each end: two ratios lie outside.
    let ratio = try #require(ErrorRateRatio.ofImage(images))
    #expect(abs(ratio.lower - 0.2) < 1e-12 && abs(ratio.upper - 7.9) < 1e-12 && ratio.calibrationImages == 80)
    #expect(ErrorRateRatio.ofImage(Array(images.prefix(38))) == nil)
    #expect(ErrorRateRatio.ofImage(Array(images.prefix(39))) != nil)
  }

  /// Without the batch's own chance, as for an endless one, the interval is too narrow for it.
  @Test func theBatchsOwnChanceIsNeeded() throws {
    #expect(Double(try covered(calibration: 51, batch: 20, told: .max)) / 400 < 0.8)
  }

  /// Beyond the largest batch that is drawn, a normal distribution stands for it: no step at the border.
  @Test func largeBatches() throws {
    let images = counts(60, seed: 3)
    let width = { (batch: Int) throws -> Double in
      let interval = try #require(ErrorRateInterval(estimate: 0.1, counts: images, batchImages: batch))
      return interval.upper - interval.lower
    }
    let (drawn, normal, endless) = (try width(2000), try width(2001), try width(.max))
    #expect(abs(drawn - normal) < 0.1 * drawn && endless < 1.03 * normal)
    // Twice the variance where the batch is as small as the calibration.
    let ratio = try width(60) / endless
    #expect(ratio > 1.3 && ratio < 1.55, "\(ratio)")
  }

  @Test func moreImagesMakeItNarrowerAndTheSeedDecides() throws {
    let few = try #require(
      ErrorRateInterval(estimate: 0.1, counts: counts(20, seed: 1), batchImages: 9999))
    let many = try #require(
      ErrorRateInterval(estimate: 0.1, counts: counts(500, seed: 1), batchImages: 9999))
    #expect(many.upper - many.lower < (few.upper - few.lower) / 2)
    #expect(ErrorRateInterval(estimate: 0.1, counts: counts(20, seed: 1), batchImages: 9999) == few)
    #expect(few.calibrationImages == 20 && few.coverage == 0.95 && few.estimate == 0.1)
  }

  /// Half of each image has no label, and the estimate is twice as high there: truth is 2/3 of what the audit says.
  @Test func pixelsWithoutLabelAreCountedAsTheAuditCountsThem() throws {
    let images = (0..<30).map {
      CalibrationReport.Image(
        name: "\($0)", pixels: 100, wrongPixels: 10, estimatedWrongPixels: 10, unknownPixels: 100,
        estimatedWrongUnknownPixels: 20)
    }
    #expect(images[0].auditedErrorRate == 0.15 && images[0].estimatedErrorRate == 0.1)
    let interval = try #require(
      ErrorRateInterval(estimate: 0.15, counts: images.map(\.counts), batchImages: 10))
    #expect(abs(interval.lower - 0.1) < 1e-12 && abs(interval.upper - 0.1) < 1e-12)
  }

  @Test func nothingToGoBy() {
    #expect(ErrorRateInterval(estimate: 0.1, counts: counts(1, seed: 1), batchImages: 5) == nil)
    let perfect = [CalibrationCounts](
      repeating: CalibrationCounts(known: 10, wrong: 0, all: 10, estimatedWrong: 0), count: 9)
    #expect(ErrorRateInterval(estimate: 0.1, counts: perfect, batchImages: 5) == nil)
  }
}
