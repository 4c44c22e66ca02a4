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

  /// 300 calibrations of 600 images each, judged on 4000 others: the promise may be broken in 10 % of them.
  @Test func thePromiseHolds() {
    var random = Random(state: 5)
    let population = images(4000, &random)
    var broken = 0
    var given = 0
    for _ in 0..<300 {
      let acceptance = Acceptance(images: images(600, &random), maximumError: 0.08, confidence: 0.9)
      let accepted = population.filter { acceptance.accepts(estimatedErrorRate: $0.estimatedErrorRate) }
      guard acceptance.threshold != nil else { continue }
      given += 1
      let rate = accepted.reduce(0) { $0 + $1.errorRate } / Double(accepted.count)
      if rate > 0.08 { broken += 1 }
    }
    #expect(given > 250)
    // Three standard deviations of a binomial above the allowed tenth.
    #expect(Double(broken) < 30 + 3 * (300 * 0.1 * 0.9).squareRoot())
  }

  /// Errors that rise along a video, 6 % in the mean: the first frames alone would win every bet on 5 %.
  @Test func goodFirstFramesOfAVideoPromiseNothing() {
    var random = Random(state: 13)
    var broken = 0
    for _ in 0..<100 {
      let times = (0..<600).map { _ in random.next() }.sorted()
      let video = times.map { time in
        CalibrationReport.Image(
          name: "\(time)", pixels: 10_000, wrongPixels: Int(1200 * time * (0.5 + random.next())),
          estimatedWrongPixels: 600)
      }
      if Acceptance(images: video, maximumError: 0.05, confidence: 0.95).threshold != nil { broken += 1 }
    }
    // Three standard deviations of a binomial above the allowed twentieth.
    #expect(Double(broken) < 5 + 3 * (100 * 0.05 * 0.95).squareRoot())
  }

  @Test func tooFewImagesPromiseNothingAndSayHowMany() throws {
    var random = Random(state: 8)
    let few = images(30, &random).map {
      CalibrationReport.Image(name: $0.name, pixels: $0.pixels, wrongPixels: 50, estimatedWrongPixels: 60)
    }
    let acceptance = Acceptance(images: few, maximumError: 0.02, confidence: 0.95)
    #expect(acceptance.threshold == nil && !acceptance.accepts(estimatedErrorRate: 0))
    #expect(acceptance.minimumAccepted == 233)
    let needed = try #require(
      Acceptance.imagesNeeded(images: few, maximumError: 0.02, confidence: 0.95))
    #expect(needed > 233 && needed < 2000)
    let many = (0..<needed).map { few[$0 % few.count] }
    #expect(Acceptance(images: many, maximumError: 0.02, confidence: 0.95).threshold != nil)
    #expect(Acceptance.imagesNeeded(images: few, maximumError: 0.001, confidence: 0.95) == nil)
  }

  /// ln 100 / ln 1.02 = 232.6. Without losses every bet wins: the stake of 1 multiplies the capital by 1.02.
  @Test func betsByHand() {
    #expect(BettingTest.samplesNeeded(level: 0.02, delta: 0.01) == 233)
    let zeros = [Double](repeating: 0, count: 10)
    // The stakes: √(2 ln 2 / (10 · variance before)), at most 1; here always 1, since variances are at most 1/4.
    #expect(abs(BettingTest.pValue(losses: [0, 0], level: 0.1, delta: 0.5) - 1 / (1.1 * 1.1)) < 1e-12)
    #expect(BettingTest.pValue(losses: zeros, level: 0.1, delta: 0.05) < 0.5)
    #expect(BettingTest.pValue(losses: [1, 1, 1], level: 0.1, delta: 0.5) == 1)
    #expect(BettingTest.pValue(losses: [], level: 0.1, delta: 0.5) == 1)
  }

  /// Coins that are worse than the level by a hair: at most one in ten may look better.
  @Test func falseAlarmsAreRare() {
    var random = Random(state: 21)
    var alarms = 0
    for _ in 0..<1000 {
      let losses = (0..<300).map { _ in random.next() < 0.1 ? random.next() : 0.026 + 0.04 * random.next() }
      if BettingTest.pValue(losses: losses, level: 0.09, delta: 0.1) <= 0.1 { alarms += 1 }
    }
    #expect(alarms < 130)
  }
}
