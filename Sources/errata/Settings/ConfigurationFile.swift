import ErrorLocalization
import Foundation
import Yams

/// A configuration file changes single settings of a preset; a key that does not exist is an error.
enum ConfigurationFile {
  /// - Parameter overrides: `key.path=value`, applied last.
  /// - Throws: `SettingsError`, naming file and line, or the option's text.
  static func apply(
    _ file: URL?, overrides: [String], to preset: TrainingConfiguration
  ) throws -> TrainingConfiguration {
    var editor = try SettingsEditor(preset)
    if let file, let node = try YAMLText.load(file) { try editor.apply(node, from: .file(file.path)) }
    for override in overrides { try editor.apply(argument: override) }
    return try editor.configuration()
  }

  /// All settings as YAML, for the run's folder.
  static func yaml(_ configuration: TrainingConfiguration) throws -> String {
    let encoder = YAMLEncoder()
    encoder.options.sortKeys = true
    return try encoder.encode(configuration)
  }
}
