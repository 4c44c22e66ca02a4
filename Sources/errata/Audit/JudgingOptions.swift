import ArgumentParser
import ErrorLocalization
import Foundation
import Imaging

/// What judges which labels: the options that `audit` and `calibrate` share.
struct JudgingOptions: ParsableArguments {
  @Option(
    help: "The trained model, or folds.json of train --folds.",
    completion: .file(extensions: ["safetensors", "json"]))
  var model: String

  @Option(
    help: "Folder of label maps from elsewhere, judged in place of the model's own.", completion: .directory)
  var pseudoLabels: String?

  @Option(help: "Folder of the other program's confidence in its labels.", completion: .directory)
  var confidence: String?

  @Option(help: "Where the error probability comes from (default: what the calibration used, else eln).")
  var estimator: ErrorEstimator?

  @Flag(help: "Average over each image and its mirror image; takes twice the time.")
  var flip = false

  @OptionGroup var precision: PrecisionOption

  func validate() throws {
    guard confidence == nil || pseudoLabels != nil else {
      throw ValidationError("--confidence needs --pseudo-labels.")
    }
  }

  /// How to predict: as asked, else as the calibration was fitted, else with `fallback`.
  func options(
    _ errorModel: ErrorModel, calibration: CalibrationFile?, fallback: ErrorEstimator
  ) throws -> ErrorModel.PredictionOptions {
    try precision.check(errorModel, path: model)
    var options = ErrorModel.PredictionOptions(
      estimator: estimator ?? calibration?.prediction.estimator ?? fallback)
    options.usesFlip = flip || (calibration?.prediction.usesFlip ?? false)
    options.precision = errorModel.precision
    guard options.estimator != .flip || options.usesFlip else {
      throw ValidationError("--estimator flip needs --flip.")
    }
    guard errorModel.supports(options) else {
      throw ValidationError(
        "--estimator \(options.estimator.rawValue): \(model) does not hold the networks for it.")
    }
    return options
  }

  /// - Parameters:
  ///   - labels: masks by people, to judge in place of `pseudoLabels`.
  ///   - unlabeledValue: of their pixels without label.
  func inputs(
    _ errorModel: ErrorModel, folder: URL, labels: String? = nil, unlabeledValue: UInt8? = nil
  ) -> AuditInputs {
    func directory(_ path: String) -> URL {
      URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
    }
    let description = errorModel.description
    return AuditInputs(
      folder: folder, pseudoLabels: (labels ?? pseudoLabels).map(directory),
      confidences: confidence.map(directory),
      unlabeledValue: unlabeledValue, classCount: description.classNames.count,
      colors: ColorTable(description.classColors.map { RGBColor(red: $0[0], green: $0[1], blue: $0[2]) }))
  }
}

extension ErrorEstimator: ExpressibleByArgument {}
