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
