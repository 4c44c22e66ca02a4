import Auditing
import Foundation
import Testing

@Suite struct AcceptanceTests {
  private struct Random {
    var state: UInt64
    mutating func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 53)
    }
  }

  /// Images whose error rate is spread around twice the estimate for some, half of it for others.
  private func images(_ count: Int, _ random: inout Random) -> [CalibrationReport.Image] {
    (0..<count).map { index in
      let estimate = random.next() * 0.2
      let rate = min(1, estimate * (random.next() < 0.5 ? 0.4 : 1.6) * (0.5 + random.next()))
      return CalibrationReport.Image(
        name: "\(index)", pixels: 10_000, wrongPixels: Int(rate * 10_000),
        estimatedWrongPixels: estimate * 10_000)
    }
  }

  /// 300 calibrations of 200 images each, judged on 4000 others: the promise may be broken in 10 % of them.
  @Test func thePromiseHolds() {
    var random = Random(state: 5)
    let population = images(4000, &random)
    var broken = 0
    var given = 0
    for _ in 0..<300 {
      let acceptance = Acceptance(images: images(200, &random), maximumError: 0.06, confidence: 0.9)
      let accepted = population.filter { acceptance.accepts(estimatedErrorRate: $0.estimatedErrorRate) }
      guard acceptance.threshold != nil else { continue }
      given += 1
      let rate = accepted.reduce(0) { $0 + $1.errorRate } / Double(accepted.count)
      if rate > 0.06 { broken += 1 }
    }
    #expect(given > 250)
    // Three standard deviations of a binomial above the allowed tenth.
    #expect(Double(broken) < 30 + 3 * (300 * 0.1 * 0.9).squareRoot())
  }

  @Test func tooFewImagesPromiseNothingAndSayHowMany() throws {
    var random = Random(state: 8)
    let few = images(30, &random).map {
      CalibrationReport.Image(name: $0.name, pixels: $0.pixels, wrongPixels: 50, estimatedWrongPixels: 60)
    }
    let acceptance = Acceptance(images: few, maximumError: 0.02, confidence: 0.95)
    #expect(acceptance.threshold == nil && !acceptance.accepts(estimatedErrorRate: 0))
    #expect(acceptance.minimumAccepted == 149)
    let needed = try #require(
      Acceptance.imagesNeeded(images: few, maximumError: 0.02, confidence: 0.95))
    #expect(needed > 149 && needed < 1000)
    let many = (0..<needed).map { few[$0 % few.count] }
    #expect(Acceptance(images: many, maximumError: 0.02, confidence: 0.95).threshold != nil)
    #expect(Acceptance.imagesNeeded(images: few, maximumError: 0.001, confidence: 0.95) == nil)
  }

  /// By hand: (1 − 0.02)¹⁴⁸ = 0.0503 and (1 − 0.02)¹⁴⁹ = 0.0493 with the Hoeffding bound, which is the smaller one
  /// without losses.
  @Test func samplesNeededByHand() {
    #expect(HoeffdingBentkus.samplesNeeded(level: 0.02, delta: 0.05) == 149)
    #expect(abs(HoeffdingBentkus.pValue(mean: 0, count: 149, level: 0.02) - pow(0.98, 149)) < 1e-12)
    #expect(HoeffdingBentkus.pValue(mean: 0.03, count: 1000, level: 0.02) == 1)
    // e · P(Bin(100, 0.1) ≤ 2) = e · 0.00194488; Hoeffding's bound is exp(−100 · KL(0.02, 0.1)).
    let kl = 0.02 * log(0.02 / 0.1) + 0.98 * log(0.98 / 0.9)
    let expected = min(exp(-100 * kl), M_E * 0.001_944_88)
    #expect(abs(HoeffdingBentkus.pValue(mean: 0.02, count: 100, level: 0.1) - expected) < 1e-6)
  }
}
