import ArgumentParser
import Foundation

/// Labelled images by which each model of a simulation is calibrated, as a team would do before it audits.
struct SimulatedCalibration: ParsableArguments {
  @Option(
    help: "Folder of labelled images by which each model is calibrated before it audits.",
    completion: .directory)
  var calibrationImages: String?

  @Option(help: "Folder of their masks.", completion: .directory)
  var calibrationMasks: String?

  @Option(help: "File that names the calibration images to use, one a line.", completion: .file())
  var calibrationSplit: String?

  func validate() throws {
    guard (calibrationImages == nil) == (calibrationMasks == nil) else {
      throw ValidationError("--calibration-images and --calibration-masks belong together.")
    }
    guard calibrationSplit == nil || calibrationImages != nil else {
      throw ValidationError("--calibration-split needs --calibration-images.")
    }
  }

  /// `nil` without calibration.
  var given: SimulatedCalibration? { calibrationImages == nil ? nil : self }

  /// Of `errata calibrate`.
  func arguments(model: URL, ignoreLabel: UInt8) -> [String] {
    [
      "calibrate", "--model", model.path, "--images", calibrationImages ?? "", "--masks",
      calibrationMasks ?? "", "--ignore", "\(ignoreLabel)",
    ] + (calibrationSplit.map { ["--split", $0] } ?? [])
  }
}
