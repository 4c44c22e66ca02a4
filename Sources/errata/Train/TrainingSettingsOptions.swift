import ArgumentParser
import ErrorLocalization
import Foundation

/// The settings of a training: a preset, a file that changes some, and the command line.
struct TrainingSettingsOptions: ParsableArguments {
  @Option(help: "Starting point: \(Preset.allCases.map(\.rawValue).joined(separator: ", ")).")
  var preset = "cpu"

  @Option(help: "YAML file with settings that differ from the preset's.", completion: .file())
  var config: String?

  @Option(name: .customLong("set"), help: "One more setting, as key.path=value; may be repeated.")
  var overrides: [String] = []

  @Option(
    help: "What filters the pseudo-labels: \(Corrector.allCases.map(\.rawValue).joined(separator: ", ")).")
  var corrector: Corrector?

  func validate() throws {
    guard Preset(rawValue: preset) != nil else {
      let known = Preset.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("Unknown --preset '\(preset)'; known are: \(known).")
    }
  }

  /// - Throws: `SettingsError`, naming file and line, or the option's text.
  func settings() throws -> TrainingConfiguration {
    guard let preset = Preset(rawValue: preset) else { preconditionFailure("validate() knows the presets") }
    return try ConfigurationFile.apply(
      config.map { URL(fileURLWithPath: $0) },
      overrides: overrides + (corrector.map { ["network.corrector=\($0.rawValue)"] } ?? []),
      to: preset.configuration)
  }
}

extension Corrector: ExpressibleByArgument {}
