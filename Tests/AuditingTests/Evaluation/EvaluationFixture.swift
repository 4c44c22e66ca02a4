import Auditing
import Foundation

/// Tests/Fixtures/Auditing/evaluation.json: small audits, and what scikit-learn, scipy and cleanlab say about them.
struct EvaluationFixture: Decodable {
  struct Image: Decodable {
    let name: String
    let truth: Hex
    let labels: Hex
    let error: Hex
    let confidence: Hex
    let entropy: Hex
  }

  struct Detection: Decodable {
    let averagePrecision: Double
    let areaUnderROC: Double
    let f1: Double
    let binaryMeanIntersectionOverUnion: Double
    let confidentAveragePrecision: Double
    let confidentAreaUnderROC: Double
  }

  struct Ranking: Decodable {
    let spearman: Double
    let foundInFirst10Percent: Double
    let foundInFirst20Percent: Double
    let areaBelowPerfect: Double
  }

  struct Calibration: Decodable {
    let expectedCalibrationError: Double
    let trueErrorRate: Double
    let estimatedErrorRate: Double
    let meanImageGap: Double
  }

  struct Segmentation: Decodable {
    let pixelAccuracy: Double
    let meanIntersectionOverUnion: Double
    let intersectionOverUnion: [Double?]
  }

  /// Bytes written as hexadecimal digits.
  struct Hex: Decodable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
      let digits = Array(try decoder.singleValueContainer().decode(String.self).utf8)
      bytes = stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) ?? 0
      }
    }
  }

  let classCount: Int
  let ignoreLabel: UInt8
  let width: Int
  let height: Int
  let images: [Image]
  let detection: [String: Detection]
  let ranking: [String: Ranking]
  let calibration: Calibration
  let segmentation: Segmentation

  static func load() throws -> EvaluationFixture {
    let url = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/Auditing/evaluation.json")
    return try JSONDecoder().decode(EvaluationFixture.self, from: Data(contentsOf: url))
  }

  func summary() -> EvaluationSummary {
    var evaluation = AuditEvaluation(classCount: classCount, ignoreLabel: ignoreLabel)
    for image in images {
      evaluation.add(
        name: image.name,
        maps: PixelMaps(
          width: width, height: height, labels: image.labels.bytes, errorProbability: image.error.bytes,
          confidence: image.confidence.bytes, entropy: image.entropy.bytes), truth: image.truth.bytes)
    }
    return evaluation.summary()
  }
}
