import ErrorLocalization
import Foundation
import Yams

/// A grid of trainings, and what each is measured by.
struct Experiment {
  /// One dimension of the grid: so many values, each with its settings.
  struct Axis {
    let name: String
    let values: [(name: String, settings: [String])]
  }

  /// A folder that every trained model audits.
  struct Audit {
    let name: String
    let images: String
    let masks: String
    let ignoreLabel: Int
    /// The file in the run's folder, without extension.
    let model: String
    /// Further options of `errata audit`.
    let options: [String]
  }

  /// Of `errata train`, without output, seed and settings.
  let trainOptions: [String]
  /// `key.path=value`, of every cell.
  let settings: [String]
  let axes: [Axis]
  let seeds: [UInt64]
  let audits: [Audit]

  /// - Parameter variables: replace `${name}` in the file's values.
  /// - Throws: `SettingsError` with file and line.
  init(contentsOf url: URL, variables: [String: String]) throws {
    let source = SettingSource.file(url.path)
    guard let root = try YAMLText.load(url) else { throw SettingsError(source, nil, "an empty file") }
    let reader = ExperimentReader(source: source, variables: try Self.variables(root, source, variables))
    let parts = try reader.group(
      root, known: ["variables", "train", "settings", "grid", "seeds", "audits"], what: "an experiment")
    guard let train = parts["train"] else { throw SettingsError(source, root, "no 'train' with its options") }
    trainOptions = try reader.options(train)
    settings = try parts["settings"].map(reader.settings) ?? []
    axes = try parts["grid"].map { try reader.axes($0) } ?? []
    seeds = try parts["seeds"].map { try reader.seeds($0) } ?? [0]
    audits = try parts["audits"].map { try reader.audits($0) } ?? []
  }

  /// What the file gives as defaults, and the command line in their place.
  private static func variables(
    _ root: Node, _ source: SettingSource, _ given: [String: String]
  ) throws(SettingsError) -> [String: String?] {
    var values: [String: String?] = [:]
    for (key, value) in root["variables"]?.mapping ?? [:] {
      values[key.string ?? ""] = .some(value.null == nil ? value.string : nil)
    }
    for (name, value) in given {
      guard values.keys.contains(name) else {
        let known = values.keys.sorted().joined(separator: ", ")
        throw SettingsError(
          "--variable \(name)=\(value)", "the experiment has no such variable; known are: \(known)")
      }
      values[name] = value
    }
    return values
  }
}

/// Reads the parts of an experiment's file.
struct ExperimentReader {
  let source: SettingSource
  let variables: [String: String?]

  func group(_ node: Node, known: [String], what: String) throws(SettingsError) -> [String: Node] {
    var result: [String: Node] = [:]
    for (key, value) in try mapping(node, what) {
      let name = key.string ?? ""
      guard known.contains(name) else {
        throw SettingsError(
          source, key, "unknown '\(name)' of \(what); known are: \(known.joined(separator: ", "))")
      }
      result[name] = value
    }
    return result
  }

  /// `name: value` as `--name value`; `true` makes a flag, `false` none.
  func options(_ node: Node) throws(SettingsError) -> [String] {
    var arguments: [String] = []
    for (key, value) in try mapping(node, "options") {
      let name = "--" + (key.string ?? "")
      switch SettingValue(value) {
      case .boolean(true): arguments.append(name)
      case .boolean(false): break
      case .group, .list, .nothing:
        throw SettingsError(source, key, "option '\(key.string ?? "")': expected one value")
      default: arguments += [name, try text(value)]
      }
    }
    return arguments
  }

  /// As `key.path=value`, groups flattened.
  func settings(_ node: Node) throws(SettingsError) -> [String] {
    var result: [String] = []
    for (key, value) in try mapping(node, "settings") {
      let name = key.string ?? ""
      if case .mapping = value {
        result += try settings(value).map { "\(name).\($0)" }
      } else {
        result.append("\(name)=\(try inline(value))")
      }
    }
    return result
  }

  func axes(_ node: Node) throws(SettingsError) -> [Experiment.Axis] {
    var axes: [Experiment.Axis] = []
    for (key, values) in try mapping(node, "the grid") {
      var named: [(name: String, settings: [String])] = []
      for (name, settings) in try mapping(values, "an axis") {
        let isEmpty = settings.mapping?.isEmpty ?? (settings.null != nil)
        named.append((name.string ?? "", isEmpty ? [] : try self.settings(settings)))
      }
      axes.append(Experiment.Axis(name: key.string ?? "", values: named))
    }
    return axes
  }

  func seeds(_ node: Node) throws(SettingsError) -> [UInt64] {
    let values = node.sequence.map { $0.compactMap { $0.int.flatMap { UInt64(exactly: $0) } } } ?? []
    guard !values.isEmpty, values.count == node.sequence?.count, Set(values).count == values.count else {
      throw SettingsError(source, node, "seeds: expected a list of different whole numbers, [0, 1, …]")
    }
    return values
  }

  func audits(_ node: Node) throws(SettingsError) -> [Experiment.Audit] {
    var audits: [Experiment.Audit] = []
    for (key, value) in try mapping(node, "audits") {
      let name = key.string ?? ""
      let parts = try group(
        value, known: ["images", "masks", "ignore", "model", "options"], what: "audit '\(name)'")
      guard let images = parts["images"], let masks = parts["masks"] else {
        throw SettingsError(source, key, "audit '\(name)': expected 'images' and 'masks'")
      }
      let ignoreLabel = parts["ignore"].map { $0.int ?? -1 } ?? 255
      guard (0...255).contains(ignoreLabel) else {
        throw SettingsError(source, parts["ignore"], "ignore: expected a whole number from 0 to 255")
      }
      let models = ["model", "model-joint", "model-best"]
      let model = try parts["model"].map(text) ?? models[0]
      guard models.contains(model) else {
        throw SettingsError(
          source, parts["model"], "model: expected \(models.joined(separator: ", ")), found '\(model)'")
      }
      audits.append(
        Experiment.Audit(
          name: name, images: try text(images), masks: try text(masks), ignoreLabel: ignoreLabel,
          model: model, options: try parts["options"].map(options) ?? []))
    }
    return audits
  }

  private func mapping(_ node: Node, _ what: String) throws(SettingsError) -> Node.Mapping {
    guard let mapping = node.mapping else {
      throw SettingsError(
        source, node, "\(what): expected 'name: value', found \(SettingValue(node).description)")
    }
    return mapping
  }

  /// On one line, for `--set`.
  private func inline(_ node: Node) throws(SettingsError) -> String {
    guard let sequence = node.sequence else { return try text(node) }
    var parts: [String] = []
    for part in sequence { parts.append(try inline(part)) }
    return "[\(parts.joined(separator: ", "))]"
  }

  /// A scalar with its variables replaced.
  private func text(_ node: Node) throws(SettingsError) -> String {
    guard var rest = node.scalar.map({ $0.string[...] }) else {
      throw SettingsError(source, node, "expected one value, found \(SettingValue(node).description)")
    }
    var result = ""
    while let open = rest.range(of: "${") {
      result += rest[..<open.lowerBound]
      guard let close = rest.range(of: "}", range: open.upperBound..<rest.endIndex) else {
        throw SettingsError(source, node, "'${' without '}'")
      }
      let name = String(rest[open.upperBound..<close.lowerBound])
      guard let variable = variables[name] else {
        throw SettingsError(source, node, "'${\(name)}' is not among the experiment's variables")
      }
      guard let value = variable else {
        throw SettingsError(source, node, "variable '\(name)' has no value; give --variable \(name)=…")
      }
      result += value
      rest = rest[close.upperBound...]
    }
    return result + rest
  }
}
