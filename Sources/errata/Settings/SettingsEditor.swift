import ErrorLocalization
import Foundation
import Yams

/// A configuration that is changed setting by setting, and remembers where each change was written.
struct SettingsEditor {
  private var tree: SettingValue
  private var placeOf: [String: String] = [:]

  init(_ configuration: TrainingConfiguration) throws {
    tree = try JSONDecoder().decode(SettingValue.self, from: JSONEncoder().encode(configuration))
  }

  /// Applies a mapping of settings. Names may be joined by dots in place of nested groups.
  mutating func apply(_ node: Node, from source: SettingSource) throws(SettingsError) {
    guard case .mapping(let mapping) = node else {
      throw SettingsError(
        source, node, "expected settings as 'name: value', found \(SettingValue(node).description)")
    }
    try apply(mapping, below: [], from: source)
  }

  /// Applies `key.path=value`.
  ///
  /// - Parameter option: what messages call the option.
  mutating func apply(argument: String, option: String = "--set") throws(SettingsError) {
    let source = SettingSource.argument("\(option) \(argument)")
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
      throw SettingsError(source, nil, "expected key.path=value")
    }
    let value = String(argument[argument.index(after: equals)...])
    let node = try YAMLText.compose(value, source) ?? Node("", .implicit, .plain)
    try set(Self.names(String(argument[..<equals])), to: node, key: nil, from: source)
  }

  /// The configuration as it is now.
  ///
  /// - Throws: `SettingsError` for settings that do not go together, with the place where one of them was written.
  func configuration() throws -> TrainingConfiguration {
    do {
      let configuration = try JSONDecoder().decode(
        TrainingConfiguration.self, from: JSONEncoder().encode(tree))
      try configuration.validate()
      return configuration
    } catch let error as SettingProblem {
      throw SettingsError(error.paths.lazy.compactMap { placeOf[$0] }.first ?? "configuration", error.reason)
    } catch let error as DecodingError {
      let (path, reason) = Self.describe(error)
      throw SettingsError(placeOf[path] ?? "configuration", "setting '\(path)': \(reason)")
    }
  }

  private static func names(_ key: String) -> [String] {
    key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  private mutating func apply(
    _ mapping: Node.Mapping, below path: [String], from source: SettingSource
  ) throws(SettingsError) {
    for (key, child) in mapping {
      try set(path + Self.names(key.string ?? ""), to: child, key: key, from: source)
    }
  }

  private mutating func set(
    _ path: [String], to node: Node, key: Node?, from source: SettingSource
  ) throws(SettingsError) {
    let name = path.joined(separator: ".")
    guard let known = tree[path[...]] else { throw unknown(path, key, source) }
    if case .group(let members) = known {
      guard case .mapping(let mapping) = node else {
        throw SettingsError(
          source, key ?? node,
          "'\(name)' is a group of settings, expected some of \(Self.list(members.keys)), "
            + "found \(SettingValue(node).description)")
      }
      return try apply(mapping, below: path, from: source)
    }
    let value = SettingValue(node)
    if let rule = TrainingConfiguration.rules[name], !rule.accepts(value) {
      throw SettingsError(
        source, key ?? node,
        "setting '\(name)': expected \(rule.expectation), found \(value.description)")
    }
    tree.replace(path[...], with: value)
    placeOf[name] = source.place(line: (key ?? node).mark?.line)
  }

  private func unknown(_ path: [String], _ key: Node?, _ source: SettingSource) -> SettingsError {
    let name = path.joined(separator: ".")
    for count in stride(from: path.count - 1, through: 0, by: -1) {
      guard let parent = tree[path[..<count]] else { continue }
      let place = path[..<count].joined(separator: ".")
      guard case .group(let members) = parent else {
        return SettingsError(source, key, "unknown setting '\(name)': '\(place)' has none below it")
      }
      let below = count == 0 ? "known are" : "in '\(place)' are"
      return SettingsError(source, key, "unknown setting '\(name)'; \(below): \(Self.list(members.keys))")
    }
    return SettingsError(source, key, "unknown setting '\(name)'")
  }

  private static func list(_ names: some Collection<String>) -> String {
    names.sorted().joined(separator: ", ")
  }

  private static func describe(_ error: DecodingError) -> (path: String, reason: String) {
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
      .dataCorrupted(let found):
      context = found
    @unknown default: return ("", "\(error)")
    }
    let names = context.codingPath.prefix { $0.intValue == nil }.map(\.stringValue)
    return (names.joined(separator: "."), context.debugDescription)
  }
}
