import Auditing
import Foundation
import TensorCore
import Testing

@Suite struct PixelAcceptanceTests {
  /// Images of 400 pixels: of those with error probability p, a share of p times the image's own factor is wrong.
  private func images(_ count: Int, seed: UInt64) -> [PassingPixels] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let factor = generator.nextUniform() * 2
      var values: [UInt8] = []
      var isWrong: [Bool] = []
      for _ in 0..<400 {
        let share = generator.nextUniform()
        let probability = share * share * share
        values.append(UInt8(probability * 255))
        isWrong.append(generator.nextUniform() < probability * factor)
      }
      return PassingPixels(values, isWrong: isWrong)
    }
  }

  private func errorRate(_ images: [PassingPixels], _ threshold: UInt8) -> Double {
    let level = PassingPixels.levels.firstIndex(of: threshold) ?? 0
    return Double(images.reduce(0) { $0 + $1.wrong[level] })
      / Double(images.reduce(0) { $0 + $1.passed[level] })
  }

  @Test func countsByHand() {
    #expect(PassingPixels.levels.first == 0 && PassingPixels.levels.last == 255)
    #expect(PassingPixels.levels == PassingPixels.levels.sorted())
    let pixels = PassingPixels([0, 2, 2, 40, 255], isWrong: [false, true, false, true, true])
    let at = { (value: UInt8) in PassingPixels.levels.firstIndex { $0 >= value } ?? 0 }
    #expect(pixels.pixels == 5)
    #expect([0, 1, 2, 32, 40, 255].map { pixels.passed[at($0)] } == [1, 1, 3, 3, 4, 5])
    #expect([0, 1, 2, 32, 40, 255].map { pixels.wrong[at($0)] } == [0, 0, 1, 1, 2, 3])
  }

  /// 200 calibrations, judged on 2000 other images: the promise may be broken in 10 % of them.
  @Test func thePromiseHolds() {
    let population = images(2000, seed: 1)
    var broken = 0
    var shares: [Double] = []
    for seed in 0..<200 as Range<UInt64> {
      let acceptance = PixelAcceptance(
        images: images(150, seed: 1000 + seed), maximumError: 0.1, confidence: 0.9, seed: seed)
      guard let threshold = acceptance.threshold else { continue }
      shares.append(acceptance.passedShare)
      if errorRate(population, threshold) > 0.1 { broken += 1 }
    }
    #expect(shares.count > 150)
    #expect(shares.reduce(0, +) / Double(shares.count) > 0.5)
    // Three standard deviations of a binomial above the allowed tenth.
    #expect(Double(broken) < 20 + 3 * (200 * 0.1 * 0.9).squareRoot(), "\(broken)")
  }

  @Test func tooFewImagesPromiseNothingAndSayHowMany() throws {
    let few = images(5, seed: 3)
    let acceptance = PixelAcceptance(images: few, maximumError: 0.05, confidence: 0.95)
    #expect(acceptance.threshold == nil && acceptance.passedShare == 0)
    let needed = try #require(
      PixelAcceptance.imagesNeeded(images: few, maximumError: 0.05, confidence: 0.95))
    #expect(needed > 5 && needed < 1000)
    let many = (0..<needed + needed / 4).map { few[$0 % few.count] }
    #expect(PixelAcceptance(images: many, maximumError: 0.05, confidence: 0.95).threshold != nil)
    let wrong = [PassingPixels](repeating: PassingPixels([0, 0], isWrong: [true, true]), count: 9)
    #expect(PixelAcceptance.imagesNeeded(images: wrong, maximumError: 0.05, confidence: 0.95) == nil)
  }
}
