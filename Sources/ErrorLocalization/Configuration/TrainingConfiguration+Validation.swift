import Datasets
import Foundation

/// What is wrong with one or several settings that each are in their range.
package struct SettingProblem: Error, CustomStringConvertible, Equatable {
  /// The settings concerned, the likeliest culprit first.
  package let paths: [String]
  package let reason: String

  package init(_ paths: [String], _ reason: String) {
    self.paths = paths
    self.reason = reason
  }

  package var description: String { "\(paths[0]): \(reason)" }
}

extension TrainingConfiguration {
  /// Checks what ties settings together; `rules` has what each takes by itself.
  package func validate() throws(SettingProblem) {
    do {
      try data.augmentation.validate()
    } catch {
      throw SettingProblem(
        [error.location] + error.location.otherSides, "setting '\(error.location)': \(error.reason)")
    }
    guard stages.totalSteps > 0 else {
      throw SettingProblem(
        ["stages.supervisedSteps", "stages.jointSteps", "stages.semiSupervisedSteps"],
        "all stages have 0 steps, expected at least one")
    }
    guard optimizer.warmupSteps < stages.totalSteps else {
      throw SettingProblem(
        ["optimizer.warmupSteps"],
        "setting 'optimizer.warmupSteps': \(optimizer.warmupSteps), expected less than the "
          + "\(stages.totalSteps) steps of all stages")
    }
    try validateJudgedLabels()
  }

  private func validateJudgedLabels() throws(SettingProblem) {
    let folds = "network.crossFittingFolds"
    guard network.crossFittingFolds != 1 else {
      throw SettingProblem([folds], "setting '\(folds)': 1, expected 0 (none) or at least 2")
    }
    let crossFitted = "losses.judgedLabels.crossFittedWeight"
    guard losses.judgedLabels.crossFittedWeight == 0 || network.crossFittingFolds > 0 else {
      throw SettingProblem(
        [crossFitted, folds],
        "setting '\(crossFitted)': \(losses.judgedLabels.crossFittedWeight) without cross-fitted networks; "
          + "expected 0, or a '\(folds)' of at least 2")
    }
    let planted = "losses.judgedLabels.plantedWeight"
    let input = "network.errorLocalization.classInput"
    let shown = [ClassInput.judged, .oneHot]
    guard losses.judgedLabels.plantedWeight == 0 || shown.contains(network.errorLocalization.classInput)
    else {
      throw SettingProblem(
        [planted, input],
        "setting '\(planted)': \(losses.judgedLabels.plantedWeight) with '\(input)' "
          + "\(network.errorLocalization.classInput.rawValue), which does not show the label; expected 0, or "
          + shown.map(\.rawValue).joined(separator: " or "))
    }
  }
}

extension String {
  /// `cropWidth` for `cropHeight`, and so on: a pair is wrong together.
  fileprivate var otherSides: [String] {
    [("Width", "Height"), ("Height", "Width"), ("minimum", "maximum"), ("maximum", "minimum")].compactMap {
      contains($0.0) ? replacingOccurrences(of: $0.0, with: $0.1) : nil
    }
  }
}
