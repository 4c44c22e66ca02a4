import ErrorLocalization
import Foundation
import Yams

/// A configuration file changes single settings of a preset; a key that does not exist is an error.
enum ConfigurationFile {
  struct Problem: Error, CustomStringConvertible {
    let location: String
    let reason: String
    var description: String { "\(location): \(reason)" }
  }

  /// - Parameter overrides: `key.path=value`, applied last.
  static func apply(
    _ file: URL?, overrides: [String], to preset: TrainingConfiguration
  ) throws -> TrainingConfiguration {
    var tree = try JSONSerialization.jsonObject(with: JSONEncoder().encode(preset))
    if let file {
      let text: String
      do {
        text = try String(contentsOf: file, encoding: .utf8)
      } catch {
        throw Problem(location: file.path, reason: "cannot be read: \(error.localizedDescription)")
      }
      let node: Node?
      do {
        node = try Yams.compose(yaml: text)
      } catch {
        throw Problem(location: file.path, reason: "not valid YAML: \(error)")
      }
      if let node { tree = try merge(node, into: tree, path: [], source: file.path) }
    }
    for override in overrides {
      tree = try apply(override, to: tree)
    }
    do {
      let configuration = try JSONDecoder().decode(
        TrainingConfiguration.self, from: JSONSerialization.data(withJSONObject: tree))
      try configuration.data.augmentation.validate()
      return configuration
    } catch let error as DecodingError {
      throw Problem(location: file?.path ?? "configuration", reason: describe(error))
    }
  }

  /// All settings as YAML, for the run's folder.
  static func yaml(_ configuration: TrainingConfiguration) throws -> String {
    let encoder = YAMLEncoder()
    encoder.options.sortKeys = true
    return try encoder.encode(configuration)
  }

  private static func apply(_ override: String, to tree: Any) throws -> Any {
    let parts = override.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw Problem(location: "--set \(override)", reason: "expected key.path=value")
    }
    var yaml = parts[1]
    for key in parts[0].split(separator: ".").reversed() { yaml = "{\(key): \(yaml)}" }
    guard let node = try Yams.compose(yaml: yaml) else { return tree }
    return try merge(node, into: tree, path: [], source: "--set \(override)")
  }

  private static func merge(_ node: Node, into value: Any, path: [String], source: String) throws -> Any {
    let place = "\(source), line \(node.mark?.line ?? 1)"
    guard var object = value as? [String: Any] else { return try plain(node, place: place) }
    guard case .mapping(let mapping) = node else {
      throw Problem(
        location: place,
        reason: "'\(path.joined(separator: "."))' has settings of its own, expected a mapping")
    }
    for (keyNode, child) in mapping {
      let key = keyNode.string ?? ""
      guard let known = object[key] else {
        let valid = object.keys.sorted().joined(separator: ", ")
        throw Problem(
          location: "\(source), line \(keyNode.mark?.line ?? 1)",
          reason: "unknown setting '\((path + [key]).joined(separator: "."))'; here are: \(valid)")
      }
      object[key] = try merge(child, into: known, path: path + [key], source: source)
    }
    return object
  }

  private static func plain(_ node: Node, place: String) throws -> Any {
    switch node {
    case .sequence(let sequence): return try sequence.map { try plain($0, place: place) }
    case .scalar:
      if let value = node.int { return value }
      if let value = node.float { return value }
      if let value = node.bool { return value }
      return node.string ?? ""
    default: throw Problem(location: place, reason: "expected a value or a list")
    }
  }

  private static func describe(_ error: DecodingError) -> String {
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
      .dataCorrupted(let found):
      context = found
    @unknown default: return "\(error)"
    }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return "setting '\(path)': \(context.debugDescription)"
  }
}
