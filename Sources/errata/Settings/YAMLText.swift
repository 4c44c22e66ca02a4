import ErrorLocalization
import Foundation
import Yams

/// Where a setting was written.
enum SettingSource {
  case file(String)
  /// A command-line option with its text.
  case argument(String)

  func place(line: Int?) -> String {
    switch self {
    case .file(let path): "\(path), line \(line ?? 1)"
    case .argument(let text): text
    }
  }
}

/// What is wrong with a configuration, in one line.
struct SettingsError: Error, CustomStringConvertible {
  let place: String
  let reason: String
  var description: String { "\(place): \(reason)" }

  init(_ place: String, _ reason: String) {
    self.place = place
    self.reason = reason
  }

  init(_ source: SettingSource, _ node: Node?, _ reason: String) {
    self.init(source.place(line: node?.mark?.line), reason)
  }
}

/// YAML whose errors say where they are.
enum YAMLText {
  static func load(_ url: URL) throws(SettingsError) -> Node? {
    let text: String
    do {
      text = try String(contentsOf: url, encoding: .utf8)
    } catch {
      throw SettingsError(url.path, "cannot be read as UTF-8 text: \(error.localizedDescription)")
    }
    return try compose(text, .file(url.path))
  }

  /// - Returns: `nil` for a text without content.
  static func compose(_ text: String, _ source: SettingSource) throws(SettingsError) -> Node? {
    do {
      return try Yams.compose(yaml: text)
    } catch let error as YamlError {
      let (line, problem) = describe(error)
      throw SettingsError(source.place(line: line), "not valid YAML: \(problem)")
    } catch {
      throw SettingsError(source.place(line: nil), "not valid YAML: \(error)")
    }
  }

  private static func describe(_ error: YamlError) -> (line: Int?, problem: String) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let begun = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      return (mark.line, "\(problem) at column \(mark.column)\(begun)")
    case .duplicatedKeysInMapping(let names, let context):
      return (context.mark.line, "twice in one group: \(names.sorted().joined(separator: ", "))")
    case .reader(let problem, let offset, _, let yaml):
      let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
      return (line, problem)
    default:
      return (nil, "\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
    }
  }
}

extension SettingValue {
  /// Quoted text stays text; `null` and nothing at all are nothing.
  init(_ node: Node) {
    switch node {
    case .mapping(let mapping):
      self = .group(
        Dictionary(mapping.map { ($0.key.string ?? "", SettingValue($0.value)) }) { first, _ in first })
    case .sequence(let sequence): self = .list(sequence.map(SettingValue.init))
    case .scalar(let scalar):
      if [.singleQuoted, .doubleQuoted].contains(scalar.style) {
        self = .text(scalar.string)
      } else if node.null != nil {
        self = .nothing
      } else if let value = node.int {
        self = .integer(value)
      } else if let value = node.float {
        self = .number(value)
      } else if let value = node.bool {
        self = .boolean(value)
      } else {
        self = .text(scalar.string)
      }
    case .alias: self = .nothing
    }
  }
}
