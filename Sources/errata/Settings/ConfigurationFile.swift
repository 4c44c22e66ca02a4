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

  /// All settings as YAML, for the run's folder; numbers as short as they can be without becoming others.
  static func yaml(_ configuration: TrainingConfiguration) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = String(decoding: try encoder.encode(configuration), as: UTF8.self)
    return try Yams.serialize(node: try Yams.compose(yaml: json).map(inBlockStyle) ?? Node(""))
  }

  /// A line for each setting instead of JSON's brackets. The texts among the settings are names of choices, which
  /// need no quotes.
  private static func inBlockStyle(_ node: Node) -> Node {
    switch node {
    case .mapping(let mapping):
      .mapping(.init(mapping.map { (inBlockStyle($0.key), inBlockStyle($0.value)) }, mapping.tag, .block))
    case .sequence(let sequence): .sequence(.init(sequence.map(inBlockStyle), sequence.tag, .block))
    case .scalar(let scalar): .scalar(.init(scalar.string, scalar.tag, .plain))
    case .alias: node
    }
  }
}
