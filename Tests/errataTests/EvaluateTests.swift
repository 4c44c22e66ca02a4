import Foundation
import Testing

@Suite(.timeLimit(.minutes(3))) struct EvaluateTests {
  private let audit: SampleAudit

  init() throws { audit = try SampleAudit.certain() }

  private func evaluate(_ arguments: String...) throws -> CommandRun {
    try CommandRun(
      ["evaluate", "--database", audit.database, "--masks", audit.folder.path("truth")] + arguments)
  }

  @Test func knownAnswersAsJSON() throws {
    let run = try evaluate("--json")
    #expect(run.status == 0)
    let summary = try #require(try run.json() as? [String: Any])
    #expect(summary["imageCount"] as? Int == 4)
    // 60 of 400 pixels are class 1, but labelled as class 0.
    let segmentation = try #require(summary["segmentation"] as? [String: Any])
    #expect(segmentation["pixelAccuracy"] as? Double == 0.85)
    #expect(segmentation["meanIntersectionOverUnion"] as? Double == 0.425)
    let detection = try #require(summary["detection"] as? [[String: Any]])
    let eln = try #require(detection.first { $0["detector"] as? String == "error probability" })
    for key in ["averagePrecision", "areaUnderROC", "f1", "binaryMeanIntersectionOverUnion"] {
      #expect(eln[key] as? Double == 1, "\(key)")
    }
    // The same confidence everywhere says nothing.
    let confidence = try #require(detection.first { $0["detector"] as? String == "1 - max softmax" })
    #expect(confidence["averagePrecision"] as? Double == 0.15)
    #expect(confidence["areaUnderROC"] as? Double == 0.5)
    let ranking = try #require(summary["ranking"] as? [[String: Any]])
    let order = try #require(ranking.first { $0["ranking"] as? String == "expected error rate" })
    #expect(order["spearman"] as? Double == 1 && order["areaBelowPerfect"] as? Double == 0)
    // The worst of four images has 30 of the 60: a tenth of the images is 0.4 of it.
    #expect(abs((order["foundInFirst10Percent"] as? Double ?? 0) - 0.2) < 1e-12)
    #expect(abs((order["foundInFirst20Percent"] as? Double ?? 0) - 0.4) < 1e-12)
    let calibration = try #require(summary["calibration"] as? [String: Any])
    #expect(calibration["expectedCalibrationError"] as? Double == 0)
    #expect(calibration["trueErrorRate"] as? Double == 0.15)
    #expect(calibration["estimatedErrorRate"] as? Double == 0.15)
  }

  @Test func missingMasksAreNamed() throws {
    try FileManager.default.removeItem(at: audit.folder.url("truth/street/image-1.png"))
    let run = try evaluate()
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(run.errors.contains("1 of 4 audited images have no mask: street/image-1.jpg"))
  }

  @Test func aMaskOfAnotherSize() throws {
    try audit.writeMask([UInt8](repeating: 0, count: 90), width: 9, height: 10, name: "street/image-1")
    let run = try evaluate()
    #expect(run.status == 1)
    #expect(run.errors.contains("street/image-1.png: the mask has 9×10 pixels, its image 10×10"))
  }

  @Test func aLabelThatIsNoClass() throws {
    var labels = [UInt8](repeating: 0, count: 100)
    labels[50] = 7
    try audit.writeMask(labels, width: 10, height: 10, name: "street/image-1")
    let run = try evaluate()
    #expect(run.status == 1)
    #expect(run.errors.contains("street/image-1.png: label 7 at x 0, y 5; expected 0 to 2, or --ignore 255"))
    #expect(try evaluate("--ignore", "7").status == 0)
  }

  @Test func ignoringAClass() throws {
    let run = try evaluate("--ignore", "1")
    #expect(run.status == 64)
    #expect(run.errors.contains("--ignore 1 is the index of class 'car'."))
  }

  @Test func aRunWithoutImages() throws {
    let empty = try SampleAudit(runs: "empty")
    let run = try CommandRun(
      "evaluate", "--database", empty.database, "--masks", audit.folder.path("truth"))
    #expect(run.status == 1)
    #expect(run.errors.contains("the run holds no audited image"))
  }
}
