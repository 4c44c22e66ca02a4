import Auditing
import Foundation
import Testing

@Suite struct LogisticStackTests {
  private struct Fixture: Decodable {
    let first: [Float]
    let second: [Float]
    let wrong: [Int]
    let intercept: Double
    let weights: [Double]
    let probabilities: [Double]
  }

  @Test func agreesWithScikitLearn() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Fixtures/Auditing/calibration.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    let features = zip(fixture.first, fixture.second).flatMap {
      [LogisticStack.feature($0), LogisticStack.feature($1)]
    }
    let stack = LogisticStack(features: [features], featureCount: 2, isWrong: [fixture.wrong.map { $0 == 1 }])
    #expect(abs(stack.intercept - fixture.intercept) < 1e-4)
    for (found, expected) in zip(stack.weights, fixture.weights) { #expect(abs(found - expected) < 1e-4) }
    for (index, expected) in fixture.probabilities.enumerated() {
      #expect(abs(Double(stack.probability(features[2 * index..<2 * index + 2])) - expected) < 1e-4)
    }
  }

  /// Nothing to learn from: the prior, and numbers.
  @Test(arguments: [true, false]) func oneKindOfPixelStaysFinite(_ isWrong: Bool) {
    let stack = LogisticStack(
      features: [[-1, 0], [1, 2]], featureCount: 1, isWrong: [[isWrong, isWrong], [isWrong, isWrong]])
    let probability = stack.probability([0.5 as Float])
    #expect(probability.isFinite && (isWrong ? probability > 0.5 : probability < 0.5))
  }
}

@Suite struct IsotonicMapTests {
  /// Ten pixels a score: 1, 4, 2 and 8 of them wrong. The middle two are out of order and become one block.
  @Test func poolsWhatIsOutOfOrder() {
    let wrong: [(Float, Int)] = [(0.1, 1), (0.2, 4), (0.3, 2), (0.9, 8)]
    let pixels = wrong.flatMap { score, count in (0..<10).map { (score: score, isWrong: $0 < count) } }
    let map = IsotonicMap(pixels.shuffled())
    #expect(map.scores.count == 3)
    for (found, expected) in zip(map.scores, [0.1, 0.25, 0.9] as [Float]) {
      #expect(abs(found - expected) < 1e-6)
    }
    for (found, expected) in zip(map.rates, [1.5 / 11, 6.5 / 21, 8.5 / 11] as [Float]) {
      #expect(abs(found - expected) < 1e-6)
    }
    #expect(map(.nan).isNaN && LogisticStack.feature(.nan).isNaN)
    #expect(map(0) == map.rates[0] && map(1) == map.rates[2])
    #expect(abs(map(0.575) - (map.rates[1] + map.rates[2]) / 2) < 1e-6)
  }

  @Test func neverFalls() {
    var state: UInt64 = 3
    let pixels = (0..<5000).map { _ -> (score: Float, isWrong: Bool) in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let score = Float(state >> 40) / Float(1 << 24)
      return (score, Float((state >> 8) & 0xFFFF) / 65536 < score * score)
    }
    let map = IsotonicMap(pixels)
    let values = (0...100).map { map(Float($0) / 100) }
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
    // The pixels' errors follow the square of the score.
    for score in [0.3, 0.5, 0.8] as [Float] { #expect(abs(map(score) - score * score) < 0.06) }
  }
}

/// Uniform in 0..<1.
private struct Numbers {
  var state: UInt64

  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24)
  }
}

extension CalibrationFit {
  /// Without regions.
  fileprivate init(_ samples: [CalibrationSample]) {
    self.init(samples, regionSettings: RegionSettings()) { _, _ in [] }
  }
}

@Suite struct ErrorCalibrationTests {
  /// Images whose detector says the square root of the truth for class 0 and half of it for class 1.
  private func samples(_ count: Int, classes: Int = 2, pixels: Int = 2000) -> [CalibrationSample] {
    var generator = Numbers(state: 11)
    func random() -> Float { generator.next() }
    return (0..<count).map { image in
      var score: [Float] = []
      var labels: [UInt8] = []
      var truth: [UInt8] = []
      for _ in 0..<pixels {
        let label = UInt8(random() * Float(classes))
        let probability = random() * 0.9
        score.append(label == 0 ? probability.squareRoot() : probability / 2)
        labels.append(label)
        truth.append(random() < probability ? label + 10 : label)
      }
      // Some pixels are not known.
      for index in stride(from: 0, to: pixels, by: 50) { truth[index] = 255 }
      return CalibrationSample(
        name: "image-\(image)",
        scores: PixelScores(names: ["eln"], values: [score], width: pixels / 20, height: 20),
        labels: labels,
        truth: truth, ignoreLabel: 255, limit: 1900)
    }
  }

  @Test func classesWithEnoughDataGetTheirOwnMap() {
    let calibration = CalibrationFit(samples(12)).calibration
    #expect(Set(calibration.byClass.keys) == [0, 1])
    let scores = PixelScores(names: ["eln"], values: [[0.7, 0.35]], width: 2, height: 1)
    let found = calibration.probabilities(scores, labels: [0, 1])
    #expect(abs(found[0] - 0.49) < 0.05 && abs(found[1] - 0.7) < 0.05)
    let few = CalibrationFit(samples(4, pixels: 300)).calibration
    #expect(few.byClass.isEmpty)
  }

  @Test func crossValidationSaysHowMuchIsGained() throws {
    let samples = samples(15)
    let report = CalibrationFit(samples, regionSettings: RegionSettings()) { sample, calibration in
      // By a calibration that has not seen the sample, nor the others of its fold.
      let fold = sample / 3
      let others = samples.indices.filter { $0 / 3 != fold }.map { samples[$0] }
      #expect(calibration == ErrorCalibration(others))
      return [CalibrationCounts(known: Double(sample), wrong: 0, all: 99, estimatedWrong: 60)]
    }.report
    #expect(report.images.map { $0.regions?.first?.known } == (0..<15).map(Double.init))
    #expect(report.images.count == 15 && report.foldCount == 5)
    #expect(report.images.allSatisfy { $0.pixels == 1900 })
    let before = try #require(report.errorBefore["eln"])
    #expect(before > 0.15 && report.errorAfter < 0.03)
    #expect(report.averagePrecisionAfter > (report.averagePrecisionBefore["eln"] ?? 1))
    let wrong = report.images.reduce(0) { $0 + $1.wrongPixels }
    let estimated = report.images.reduce(0.0) { $0 + $1.estimatedWrongPixels }
    #expect(abs(estimated / Double(wrong) - 1) < 0.05)
    #expect(report.classWeight == 1 && report.alone == nil)
  }

  /// Five blocks of images, in each of which one class or the other is wrong more often: what a class's map learns from
  /// four of them misleads on the fifth.
  @Test func mapsOfClassesThatMisleadAreShrunk() throws {
    let fit = CalibrationFit(blocks { block, label in block % 2 == Int(label) ? 0.5 : 0.1 })
    let weight = try #require(fit.report.classWeight)
    #expect(weight < 1)
    let honest = CalibrationFit(blocks { _, label in label == 0 ? 0.5 : 0.1 })
    #expect(honest.report.classWeight == 1)
    let scores = PixelScores(names: ["eln"], values: [[0.5, 0.5]], width: 2, height: 1)
    let apart = honest.calibration.probabilities(scores, labels: [0, 1])
    let shrunk = fit.calibration.probabilities(scores, labels: [0, 1])
    #expect(abs(shrunk[0] - shrunk[1]) < abs(apart[0] - apart[1]) / 2)
  }

  /// A detector that is worth something, and one that is right in three blocks and says the opposite in two.
  @Test func aBetterPartIsCalibratedByItself() throws {
    let samples = blocks(second: { block, isWrong in block > 2 ? !isWrong : isWrong }, rate: { _, _ in 0.3 })
    let fit = CalibrationFit(samples)
    #expect(fit.report.alone == "eln")
    let before = try #require(fit.report.averagePrecisionBefore["eln"])
    // But for what the steps of the map make equal.
    #expect(fit.report.averagePrecisionAfter > before - 0.02)
    #expect(fit.calibration.byClass.isEmpty)
    #expect(fit.calibration.stack.weights.count { $0 != 0 } == 1)
    #expect(fit.report.errorAfter < 0.03)
  }

  /// 40 images in five blocks.
  ///
  /// - Parameters:
  ///   - second: what another detector takes for wrong, without any doubt.
  ///   - rate: of wrong pixels, by block and label.
  private func blocks(
    second: ((_ block: Int, _ isWrong: Bool) -> Bool)? = nil, rate: (_ block: Int, _ label: UInt8) -> Float
  ) -> [CalibrationSample] {
    var generator = Numbers(state: 5)
    return (0..<40).map { image in
      let pixels = 2000
      let labels = (0..<pixels).map { UInt8(($0 / 500) % 2) }
      let isWrong = labels.map { generator.next() < rate(image / 8, $0) }
      // Above the middle for wrong pixels, below it for the others, and some of both kinds all over.
      let score = isWrong.map { (generator.next() + ($0 ? 0.6 : 0)) / 1.6 }
      var values = [score]
      if let second { values.append(isWrong.map { second(image / 8, $0) ? 0.9 : 0.1 }) }
      return CalibrationSample(
        name: "image-\(image)",
        scores: PixelScores(
          names: second == nil ? ["eln"] : ["eln", "confidence"], values: values, width: 100, height: 20),
        labels: labels, truth: zip(labels, isWrong).map { $1 ? $0 + 10 : $0 }, ignoreLabel: 255, limit: pixels
      )
    }
  }

  @Test func aFileKeepsTheCalibration() throws {
    let calibration = CalibrationFit(samples(9)).calibration
    let again = try JSONDecoder().decode(
      ErrorCalibration.self, from: JSONEncoder().encode(calibration))
    #expect(again == calibration)
  }
}
