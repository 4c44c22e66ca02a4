/// A setting, or settings by name, before they are a `TrainingConfiguration`.
package enum SettingValue: Hashable, Sendable {
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([SettingValue])
  case group([String: SettingValue])
  /// Nothing was written where a value belongs.
  case nothing

  /// How a message names what was found.
  package var description: String {
    switch self {
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): "'\(value)'"
    case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    case .group: "a group of settings"
    case .nothing: "nothing"
    }
  }
}

extension SettingValue: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .nothing
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([SettingValue].self) {
      self = .list(value)
    } else {
      self = .group(try container.decode([String: SettingValue].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .group(let settings): try container.encode(settings)
    case .nothing: try container.encodeNil()
    }
  }
}

extension SettingValue {
  /// The value at a path of names; `nil` if there is none.
  package subscript(path: ArraySlice<String>) -> SettingValue? {
    guard let name = path.first else { return self }
    guard case .group(let settings) = self else { return nil }
    return settings[name]?[path.dropFirst()]
  }

  /// Puts a value in the place of one that exists.
  package mutating func replace(_ path: ArraySlice<String>, with value: SettingValue) {
    guard let name = path.first else {
      self = value
      return
    }
    guard case .group(var settings) = self, var inner = settings[name] else {
      preconditionFailure("no setting '\(name)' to replace")
    }
    inner.replace(path.dropFirst(), with: value)
    settings[name] = inner
    self = .group(settings)
  }

  /// The paths of all settings that are no groups, joined by dots.
  package var paths: [String] {
    guard case .group(let settings) = self else { return [] }
    return settings.sorted { $0.key < $1.key }.flatMap { name, value in
      if case .group = value { return value.paths.map { name + "." + $0 } }
      return [name]
    }
  }
}
