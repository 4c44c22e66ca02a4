import Auditing
import Crypto
import ErrorLocalization
import Foundation
import Imaging

/// What `errata calibrate` writes, and `errata audit` and `errata accept` read: JSON beside the model.
struct CalibrationFile: Codable {
  static let formatName = "errata-calibration-2"

  let format: String
  let programVersion: String
  /// Of the model that it belongs to.
  let modelSHA256: String
  let prediction: ErrorModel.PredictionOptions
  /// Whether label maps from elsewhere were judged, and whether their program gave its confidence.
  let judgesPseudoLabels: Bool
  let hasConfidence: Bool
  let calibration: ErrorCalibration
  let report: CalibrationReport

  struct Problem: Error, CustomStringConvertible {
    let file: String
    let reason: String
    var description: String { "\(file): \(reason)" }
  }

  /// Where a model's calibration lies unless said otherwise.
  static func defaultURL(ofModel model: URL) -> URL {
    model.deletingPathExtension().appendingPathExtension("calibration.json")
  }

  /// - Throws: `Problem` if the file is no calibration, or belongs to another model.
  init(contentsOf url: URL, modelSHA256: String) throws {
    let decoder = JSONDecoder()
    // Average precision is not a number where no calibration pixel is wrong.
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      self = try decoder.decode(CalibrationFile.self, from: Data(contentsOf: url))
    } catch let error as DecodingError {
      throw Problem(file: url.path, reason: "not a calibration of errata: \(error)")
    }
    guard format == Self.formatName else {
      throw Problem(
        file: url.path,
        reason: "format '\(format)', expected '\(Self.formatName)'; run `errata calibrate` again")
    }
    guard calibration.isComplete else {
      throw Problem(
        file: url.path, reason: "damaged: the calibration lacks weights; run `errata calibrate` again")
    }
    guard self.modelSHA256 == modelSHA256 else {
      throw Problem(
        file: url.path, reason: "was made for another model; run `errata calibrate` with this one")
    }
  }

  init(
    modelSHA256: String, prediction: ErrorModel.PredictionOptions, judgesPseudoLabels: Bool,
    hasConfidence: Bool, calibration: ErrorCalibration, report: CalibrationReport
  ) {
    format = Self.formatName
    programVersion = Errata.version
    self.modelSHA256 = modelSHA256
    self.prediction = prediction
    self.judgesPseudoLabels = judgesPseudoLabels
    self.hasConfidence = hasConfidence
    self.calibration = calibration
    self.report = report
  }

  /// - Throws: `Problem` if the scores of an audit would not be those that this was fitted to.
  func check(
    _ judging: JudgingOptions, model: ErrorModel, judgesForeignLabels: Bool,
    options: ErrorModel.PredictionOptions
  ) throws {
    let names = JudgedImage.scoreNames(
      model: model, options: options, hasConfidence: judging.confidence != nil)
    guard names == calibration.scoreNames, options.usesFlip == prediction.usesFlip,
      options.precision == prediction.precision, judgesPseudoLabels == judgesForeignLabels
    else {
      throw Problem(
        file: "calibration",
        reason: "was fitted to \(calibration.scoreNames.joined(separator: ", "))"
          + "\(prediction.usesFlip ? " with flips" : "") in \(prediction.precision.rawValue) of "
          + "\(judgesPseudoLabels ? "labels from elsewhere" : "the model's own labels"); the audit has "
          + "\(names.joined(separator: ", "))\(options.usesFlip ? " with flips" : "") "
          + "in \(options.precision.rawValue). "
          + "Calibrate with the audit's options, or audit with --uncalibrated")
    }
  }

  /// - Parameter configuration: of an audit, as its run keeps it.
  /// - Throws: `Problem` if that audit was made with another calibration or none: its numbers are not these.
  func checkUsed(by configuration: String, path: String) throws {
    struct Used: Decodable {
      let calibration: ErrorCalibration?
    }
    let used = try? JSONDecoder().decode(Used.self, from: Data(configuration.utf8))
    guard used?.calibration == calibration else {
      throw Problem(
        file: path,
        reason: used?.calibration == nil
          ? "the run was audited without a calibration; audit again with this one"
          : "the run was audited with another calibration; audit again with this one")
    }
  }

  func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try encoder.encode(self).write(to: url, options: .atomic)
  }

  /// The SHA-256 of a file, in hexadecimal digits.
  static func sha256(of url: URL) throws -> String {
    SHA256.hash(data: try Data(contentsOf: url, options: .mappedIfSafe)).hexadecimal
  }
}
