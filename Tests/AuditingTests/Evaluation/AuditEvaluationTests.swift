import Auditing
import Foundation
import Testing

/// The measures against scikit-learn (AP, AUROC, F1, IoU), scipy (ρ) and cleanlab (softmin).
@Suite struct AuditEvaluationFixtureTests {
  /// All are sums of doubles over a few hundred pixels.
  private let tolerance = 1e-9

  private func agree(_ a: Double, _ b: Double) -> Bool { abs(a - b) < tolerance }

  @Test func bothHalvesAreThere() throws {
    let halves = Set(try EvaluationFixture.load().images.map { AuditEvaluation.half(of: $0.name) })
    #expect(halves == [0, 1])
  }

  @Test func detection() throws {
    let fixture = try EvaluationFixture.load()
    let found = fixture.summary().detection
    #expect(Set(found.map(\.detector.rawValue)) == Set(fixture.detection.keys))
    for row in found {
      let expected = try #require(fixture.detection[row.detector.rawValue])
      let name = Comment(rawValue: row.detector.rawValue)
      #expect(agree(row.averagePrecision, expected.averagePrecision), name)
      #expect(agree(row.areaUnderROC, expected.areaUnderROC), name)
      #expect(agree(row.f1, expected.f1), name)
      #expect(agree(row.binaryMeanIntersectionOverUnion, expected.binaryMeanIntersectionOverUnion), name)
      #expect(agree(row.confidentAveragePrecision, expected.confidentAveragePrecision), name)
      #expect(agree(row.confidentAreaUnderROC, expected.confidentAreaUnderROC), name)
    }
  }

  @Test func ranking() throws {
    let fixture = try EvaluationFixture.load()
    let found = fixture.summary().ranking.filter { $0.ranking != "random" }
    #expect(Set(found.map(\.ranking)) == Set(fixture.ranking.keys))
    #expect(found.last?.ranking == "true error rate")
    for row in found {
      let expected = try #require(fixture.ranking[row.ranking])
      let name = Comment(rawValue: row.ranking)
      #expect(agree(row.spearman, expected.spearman), name)
      #expect(agree(row.foundInFirst10Percent, expected.foundInFirst10Percent), name)
      #expect(agree(row.foundInFirst20Percent, expected.foundInFirst20Percent), name)
      #expect(agree(row.areaBelowPerfect, expected.areaBelowPerfect), name)
    }
  }

  @Test func calibration() throws {
    let fixture = try EvaluationFixture.load()
    let (found, expected) = (fixture.summary().calibration, fixture.calibration)
    #expect(agree(found.expectedCalibrationError, expected.expectedCalibrationError))
    #expect(agree(found.trueErrorRate, expected.trueErrorRate))
    #expect(agree(found.estimatedErrorRate, expected.estimatedErrorRate))
    #expect(agree(found.meanImageGap, expected.meanImageGap))
  }

  @Test func segmentation() throws {
    let fixture = try EvaluationFixture.load()
    let (found, expected) = (fixture.summary().segmentation, fixture.segmentation)
    #expect(agree(found.pixelAccuracy, expected.pixelAccuracy))
    #expect(agree(found.meanIntersectionOverUnion, expected.meanIntersectionOverUnion))
    #expect(found.intersectionOverUnion.map { $0 == nil } == expected.intersectionOverUnion.map { $0 == nil })
    for (a, b) in zip(found.intersectionOverUnion, expected.intersectionOverUnion) {
      #expect(agree(a ?? 0, b ?? 0))
    }
  }
}

@Suite struct AuditEvaluationTests {
  private func maps(labels: [UInt8], error: [UInt8], confidence: UInt8 = 255, entropy: UInt8 = 0) -> PixelMaps
  {
    PixelMaps(
      width: labels.count, height: 1, labels: labels, errorProbability: error,
      confidence: [UInt8](repeating: confidence, count: labels.count),
      entropy: [UInt8](repeating: entropy, count: labels.count))
  }

  @Test func aPerfectDetector() throws {
    var evaluation = AuditEvaluation(classCount: 2, ignoreLabel: 255)
    // Names of both halves: each threshold is chosen on the other one.
    for half in [0, 1] {
      let name = try #require((0..<100).map { "image-\($0)" }.first { AuditEvaluation.half(of: $0) == half })
      evaluation.add(
        name: name, maps: maps(labels: [0, 1, 1, 0], error: [0, 0, 255, 255]), truth: [0, 1, 0, 1])
    }
    let summary = evaluation.summary()
    let detector = try #require(summary.detection.first { $0.detector == .errorLocalization })
    #expect(detector.averagePrecision == 1 && detector.areaUnderROC == 1)
    #expect(detector.f1 == 1 && detector.binaryMeanIntersectionOverUnion == 1)
    #expect(summary.calibration.expectedCalibrationError == 0)
    #expect(summary.calibration.trueErrorRate == 0.5 && summary.calibration.estimatedErrorRate == 0.5)
    #expect(summary.segmentation.pixelAccuracy == 0.5)
    #expect(summary.segmentation.intersectionOverUnion == [1.0 / 3, 1.0 / 3])
  }

  @Test func ignoredPixelsTakeNoPart() {
    var all = AuditEvaluation(classCount: 2, ignoreLabel: 9)
    all.add(name: "a", maps: maps(labels: [0, 1, 1, 0], error: [10, 20, 200, 255]), truth: [0, 1, 0, 9])
    let summary = all.summary()
    #expect(abs(summary.calibration.trueErrorRate - 1.0 / 3) < 1e-12)
    #expect(abs(summary.calibration.estimatedErrorRate - 230.0 / 3 / 255) < 1e-12)
    #expect(abs(summary.calibration.meanImageGap - abs(230.0 / 3 / 255 - 1.0 / 3)) < 1e-12)
    #expect(summary.segmentation.pixelAccuracy == 2.0 / 3)
    #expect(summary.calibration.bins.reduce(0) { $0 + $1.pixels } == 3)
  }

  /// Expected 0.2 and 0.8, true 0.25 and 0.25: with a factor of 0.5 to 2 the first lies inside, the second does not.
  @Test func imagesInTheirIntervals() {
    var all = AuditEvaluation(classCount: 2, ignoreLabel: 9)
    for (name, error) in [("a", 51), ("b", 204)] as [(String, UInt8)] {
      all.add(
        name: name, maps: maps(labels: [0, 0, 0, 0], error: [error, error, error, error]),
        truth: [0, 0, 0, 1])
    }
    #expect(all.summary().calibration.imagesInInterval == nil)
    let ratio = ErrorRateRatio(lower: 0.5, upper: 2, coverage: 0.95, calibrationImages: 9)
    let found = all.summary(imageRatio: ratio).calibration
    #expect(found.imagesInInterval == 0.5 && found.intervalCoverage == 0.95)
  }

  /// Three regions, by known pixels: 2 of 4 wrong, 1 of 1 (its other pixel is not known), and 0 of 2. Expected 0.8 each.
  @Test func regionsInTheirIntervals() throws {
    var all = AuditEvaluation(classCount: 2, ignoreLabel: 9)
    var settings = RegionSettings()
    settings.minimumAreaPixels = 2
    let labels = [UInt8](repeating: 0, count: 11)
    all.add(
      name: "a", maps: maps(labels: labels, error: [204, 204, 204, 204, 0, 204, 204, 0, 0, 204, 0]),
      truth: [1, 1, 0, 0, 1, 1, 9, 0, 0, 1, 0], regions: settings)
    all.add(
      name: "b", maps: maps(labels: labels, error: [204, 204, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      truth: [UInt8](repeating: 0, count: 11), regions: settings)
    #expect(all.summary().regions == nil)
    let ratio = ErrorRateRatio(lower: 0.5, upper: 1.5, coverage: 0.95, calibrationImages: 9)
    let worst = try #require(all.summary(regionRatios: RegionErrorRatios(worst: ratio)).regions)
    #expect(worst.count == 2 && worst.inInterval == 0.5 && worst.worstInInterval == 0.5)
    #expect(worst.othersInInterval == nil && worst.intervalCoverage == 0.95)
    let both = try #require(
      all.summary(regionRatios: RegionErrorRatios(worst: ratio, others: ratio)).regions)
    #expect(both.count == 3 && abs(both.inInterval - 2.0 / 3) < 1e-12)
    #expect(both.worstInInterval == 0.5 && both.othersInInterval == 1)
  }

  /// Its error rate is not 0 but unknown.
  @Test func anImageWithoutTruthIsNotRanked() {
    var evaluation = AuditEvaluation(classCount: 2, ignoreLabel: 255)
    evaluation.add(name: "a", maps: maps(labels: [0, 0], error: [200, 0]), truth: [1, 0])
    evaluation.add(name: "b", maps: maps(labels: [0, 0], error: [10, 0]), truth: [0, 0])
    evaluation.add(name: "unknown", maps: maps(labels: [0, 0], error: [255, 255]), truth: [255, 255])
    let summary = evaluation.summary()
    #expect(summary.images.map(\.name) == ["a", "b"])
    #expect(summary.imageCount == 2)
    #expect(summary.ranking.first?.spearman == 1)
  }

  /// Orders that the audit stored stand beside those from the maps; less is worse in `margin`.
  @Test func storedOrdersAndRandom() throws {
    var evaluation = AuditEvaluation(classCount: 2, ignoreLabel: 255)
    for (name, truth, margin) in [("a", [UInt8(1), 1], 0.1), ("b", [1, 0], 0.5), ("c", [0, 0], 0.9)] {
      evaluation.add(
        name: name, maps: maps(labels: [0, 0], error: [9, 9]), truth: truth,
        orders: name == "a" ? [.margin: margin, .worstRegion: 1] : [.margin: margin])
    }
    let rows = evaluation.summary().ranking
    #expect(rows.first { $0.ranking == "margin" }?.spearman == 1)
    // Not known for all images.
    #expect(!rows.contains { $0.ranking == "worst-region" })
    let random = try #require(rows.first { $0.ranking == "random" })
    // The perfect curve is 0, 2/3, 1, 1 after 0 to 3 images: an area of (1/3 + 5/6 + 1) / 3.
    #expect(abs(random.areaBelowPerfect - (13.0 / 18 - 0.5)) < 1e-12)
  }

  @Test func imagesComeWorstFirst() {
    var evaluation = AuditEvaluation(classCount: 2, ignoreLabel: 255)
    for (name, error) in [("b", UInt8(51)), ("c", 255), ("a", 51)] {
      evaluation.add(name: name, maps: maps(labels: [0], error: [error]), truth: [name == "c" ? 1 : 0])
    }
    let images = evaluation.summary().images
    #expect(images.map(\.name) == ["c", "a", "b"])
    #expect(images.map(\.expectedErrorRate) == [1, 0.2, 0.2])
    #expect(images.map(\.trueErrorRate) == [1, 0, 0])
  }

  @Test func nothingIsNotANumber() {
    let summary = AuditEvaluation(classCount: 3, ignoreLabel: 255).summary()
    #expect(summary.imageCount == 0)
    #expect(summary.segmentation.pixelAccuracy.isNaN)
    #expect(summary.segmentation.intersectionOverUnion == [nil, nil, nil])
    #expect(summary.detection.allSatisfy { $0.averagePrecision.isNaN && $0.areaUnderROC.isNaN })
    #expect(summary.ranking.allSatisfy { $0.spearman.isNaN })
  }

  /// Video frames and numbered files differ in their last characters alone.
  @Test(arguments: ["scene-%05d", "0016E5_%05d", "street/frame_%06d_rgb", "%d"])
  func halvesOfNumberedNames(pattern: String) {
    let ones = (0..<400).reduce(0) { $0 + AuditEvaluation.half(of: String(format: pattern, $1)) }
    // Four standard deviations of a fair coin around 200.
    #expect((160...240).contains(ones))
    let changes = (1..<400).count {
      AuditEvaluation.half(of: String(format: pattern, $0))
        != AuditEvaluation.half(of: String(format: pattern, $0 - 1))
    }
    #expect((150...250).contains(changes))
  }
}
