import Auditing
import TensorCore
import Testing

@Suite struct ErrorRateIntervalTests {
  private func images(_ count: Int, seed: UInt64) -> [CalibrationReport.Image] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { index in
      let rate = Double(generator.nextUniform(in: 0.05...0.15))
      return CalibrationReport.Image(
        name: "\(index)", pixels: 1000,
        wrongPixels: Int(1000 * rate * Double(generator.nextUniform(in: 0...2))),
        estimatedWrongPixels: 1000 * rate)
    }
  }

  /// Estimates are right on average, so the true ratio is 1: most intervals of small samples have to hold it.
  @Test func coversTheTruth() throws {
    var covered = 0
    for seed in 0..<200 as Range<UInt64> {
      let interval = try #require(ErrorRateInterval(estimate: 0.1, images: images(40, seed: seed)))
      #expect(interval.lower < interval.upper)
      if interval.lower <= 0.1 && interval.upper >= 0.1 { covered += 1 }
    }
    #expect(covered > 176 && covered < 200)
  }

  @Test func moreImagesMakeItNarrowerAndTheSeedDecides() throws {
    let few = try #require(ErrorRateInterval(estimate: 0.1, images: images(20, seed: 1)))
    let many = try #require(ErrorRateInterval(estimate: 0.1, images: images(500, seed: 1)))
    #expect(many.upper - many.lower < (few.upper - few.lower) / 2)
    #expect(ErrorRateInterval(estimate: 0.1, images: images(20, seed: 1)) == few)
  }

  @Test func nothingToGoBy() {
    #expect(ErrorRateInterval(estimate: 0.1, images: images(1, seed: 1)) == nil)
    let perfect = (0..<9).map {
      CalibrationReport.Image(name: "\($0)", pixels: 10, wrongPixels: 0, estimatedWrongPixels: 0)
    }
    #expect(ErrorRateInterval(estimate: 0.1, images: perfect) == nil)
  }
}
