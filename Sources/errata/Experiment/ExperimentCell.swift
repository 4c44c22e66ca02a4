import Foundation

/// One training of an experiment with its audits, in a folder of its own.
struct ExperimentCell {
  /// Axis and value, in the order of the file.
  let position: [(axis: String, value: String)]
  let seed: UInt64
  /// Of `errata train`, without the output.
  let trainArguments: [String]
  let folder: URL

  /// All combinations of the axes' values, each with all seeds, in the order of the file.
  ///
  /// - Parameter settings: further ones, which the grid's own overrule.
  static func all(of experiment: Experiment, settings: [String], in folder: URL) throws -> [ExperimentCell] {
    var positions: [(values: [(axis: String, value: String)], settings: [String])] = [([], [])]
    for axis in experiment.axes {
      positions = positions.flatMap { position in
        axis.values.map { value in
          (position.values + [(axis.name, value.name)], position.settings + value.settings)
        }
      }
    }
    var cells: [ExperimentCell] = []
    for position in positions {
      let sets = (experiment.settings + settings + position.settings).flatMap { ["--set", $0] }
      let name = position.values.map { slug($0.value) }.joined(separator: "_")
      for seed in experiment.seeds {
        cells.append(
          ExperimentCell(
            position: position.values, seed: seed,
            trainArguments: experiment.trainOptions + sets + ["--seed", "\(seed)"],
            folder: folder.appendingPathComponent("cells/\(name.isEmpty ? "all" : name)/seed-\(seed)")))
      }
    }
    let folders = Set(cells.map(\.folder))
    guard folders.count == cells.count else {
      throw SettingsError(folder.path, "two cells of the grid would share a folder: name their values apart")
    }
    return cells
  }

  private static func slug(_ text: String) -> String {
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "." }
    return words.isEmpty ? "none" : words.joined(separator: "-")
  }

  var name: String {
    (position.map { "\($0.axis) = \($0.value)" } + ["seed \(seed)"]).joined(separator: ", ")
  }

  var run: URL { folder.appendingPathComponent("run") }
  var database: URL { folder.appendingPathComponent("audit.sqlite") }
  func evaluation(of audit: Experiment.Audit) -> URL {
    folder.appendingPathComponent("evaluation-\(Self.slug(audit.name)).json")
  }

  /// What makes the cell what it is: a folder that holds another one's work is refused.
  private var definition: URL { folder.appendingPathComponent("cell.json") }
  private var marker: URL { folder.appendingPathComponent("finished") }
  private var failure: URL { folder.appendingPathComponent("failure.txt") }
}

/// What a finished cell cost.
struct CellCost: Codable {
  /// Over all starts that came to an end.
  var trainingSeconds = 0.0
  /// Training, audits and evaluations.
  var totalSeconds = 0.0
  /// Of the training.
  var peakBytes = 0
}

extension ExperimentCell {
  enum State {
    case notBegun
    case begun(step: Int?)
    case failed(String)
    case finished

    var text: String {
      switch self {
      case .notBegun: "not begun"
      case .begun(let step): step.map { "begun, at step \($0)" } ?? "begun"
      case .failed(let reason): "failed: \(reason)"
      case .finished: "finished"
      }
    }
  }

  var state: State {
    let files = FileManager.default
    if files.fileExists(atPath: marker.path) { return .finished }
    if let reason = try? String(contentsOf: failure, encoding: .utf8) { return .failed(reason) }
    guard files.fileExists(atPath: definition.path) else { return .notBegun }
    struct Line: Decodable { let step: Int }
    let log = try? String(contentsOf: run.appendingPathComponent("log.jsonl"), encoding: .utf8)
    let last = log?.split(separator: "\n").last
    return .begun(step: last.flatMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)) }?.step)
  }

  private struct Definition: Codable, Equatable {
    let train: [String]
    let audits: [[String]]
  }

  /// Makes the folder, or sees that it belongs to this very cell.
  func prepare(_ audits: [Experiment.Audit]) throws {
    let wanted = Definition(
      train: trainArguments,
      audits: audits.map { [$0.name, $0.images, $0.masks, "\($0.ignoreLabel)", $0.model] + $0.options })
    if let data = try? Data(contentsOf: definition) {
      guard try JSONDecoder().decode(Definition.self, from: data) == wanted else {
        throw SettingsError(
          folder.path, "holds a cell with other settings; name another --output, or remove this folder")
      }
      return
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try JSONEncoder().encode(wanted).write(to: definition, options: .atomic)
  }

  /// What was spent on the cell, until now.
  var cost: CellCost {
    let data = try? Data(contentsOf: folder.appendingPathComponent("cost.json"))
    return data.flatMap { try? JSONDecoder().decode(CellCost.self, from: $0) } ?? CellCost()
  }

  func save(_ cost: CellCost) throws {
    try JSONEncoder().encode(cost).write(to: folder.appendingPathComponent("cost.json"), options: .atomic)
  }

  func markFinished() throws {
    try? FileManager.default.removeItem(at: failure)
    try Data().write(to: marker, options: .atomic)
  }

  func markFailed(_ reason: String) throws {
    try Data(reason.utf8).write(to: failure, options: .atomic)
  }
}
