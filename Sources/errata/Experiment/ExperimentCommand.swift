import ArgumentParser
import Foundation

struct ExperimentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment",
    abstract: "Train and measure a grid of settings, each with several seeds.",
    discussion: """
      FILE says in YAML what all trainings have in common (train, settings), how they differ (grid, seeds), and which \
      folders their models audit (audits). The trainings run one after the other; started again, the command goes on \
      where it was, and neither repeats a finished cell. OUTPUT receives results.md and results.csv, mean and sample \
      standard deviation over the seeds, and cells.csv with every single one.

      Example:
        errata experiment experiments/losses.yaml --output losses --variable root=camvid \\
          --variable labeled=labeled.txt --variable unlabeled=unlabeled.txt

      \(ExitStatus.help)
      """)

  @Argument(help: "The experiment.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String

  @Option(help: "Folder of the results and of all runs.", completion: .directory)
  var output: String

  @Option(name: .customLong("variable"), help: "NAME=VALUE for ${NAME} in the file; may be repeated.")
  var variables: [String] = []

  @Option(
    name: .customLong("set"),
    help: "A setting of all trainings, as key.path=value; what the grid sets has precedence. May be repeated."
  )
  var overrides: [String] = []

  @Flag(help: "Show the cells and how far each is, and do nothing.")
  var list = false

  func run() throws {
    let experiment = try Experiment(contentsOf: URL(fileURLWithPath: file), variables: try namedVariables())
    let folder = URL(fileURLWithPath: output)
    let cells = try ExperimentCell.all(of: experiment, settings: overrides, in: folder)
    try checkSettings(cells, experiment)
    if list {
      let width = cells.map(\.name.count).max() ?? 0
      for cell in cells { print("\(cell.name.padded(to: width))  \(cell.state.text)") }
      return
    }
    try checkData(cells, experiment)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    guard let lock = FolderLock(folder) else {
      throw SettingsError(folder.path, "another experiment is at work in this folder")
    }
    Interruption.install()
    try withExtendedLifetime(lock) { try run(cells, experiment, folder) }
  }

  private func namedVariables() throws -> [String: String] {
    var values: [String: String] = [:]
    for text in variables {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw ValidationError("--variable \(text): expected NAME=VALUE.")
      }
      values[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    return values
  }

  /// Finds now what would stop a cell after hours: settings and options…
  private func checkSettings(_ cells: [ExperimentCell], _ experiment: Experiment) throws {
    for cell in cells {
      do {
        _ = try trainCommand(of: cell).settingsOptions.settings()
      } catch let error as SettingsError {
        throw SettingsError(file, "cell '\(cell.name)': \(error)")
      }
    }
    for audit in experiment.audits {
      let _: AuditCommand = try parse(
        [audit.images, "--model", "model", "--database", "database"] + audit.options, "audits")
    }
  }

  /// … and folders.
  private func checkData(_ cells: [ExperimentCell], _ experiment: Experiment) throws {
    if let first = cells.first {
      let command = try trainCommand(of: first)
      _ = try command.loadData(for: command.settingsOptions.settings())
    }
    for audit in experiment.audits {
      for folder in [audit.images, audit.masks] where !FileManager.default.fileExists(atPath: folder) {
        throw SettingsError(file, "audit '\(audit.name)': no folder \(folder)")
      }
    }
  }

  private func trainCommand(of cell: ExperimentCell) throws -> TrainCommand {
    try parse(cell.trainArguments + ["--output", "run"], "train")
  }

  private func parse<Command: ParsableCommand>(_ arguments: [String], _ part: String) throws -> Command {
    do {
      return try Command.parse(arguments)
    } catch {
      throw SettingsError(file, "\(part): \(Command.message(for: error))")
    }
  }

  private func run(_ cells: [ExperimentCell], _ experiment: Experiment, _ folder: URL) throws {
    var failures = 0
    for (index, cell) in cells.enumerated() {
      if case .finished = cell.state { continue }
      guard !Interruption.isRequested else { throw ExitStatus.interrupted }
      Console.error("cell \(index + 1) of \(cells.count): \(cell.name)")
      switch try CellRunner(cell: cell, audits: experiment.audits).run() {
      case .finished: break
      case .failed(let reason):
        failures += 1
        Console.error("failed: \(cell.name): \(reason)")
      case .interrupted:
        Console.error("stopped; the same command goes on")
        throw ExitStatus.interrupted
      }
      // After each cell, so that there is something to look at before the end.
      try ResultTable(cells: cells, audits: experiment.audits).write(to: folder)
    }
    let table = try ResultTable(cells: cells, audits: experiment.audits)
    try table.write(to: folder)
    print(table.markdown, terminator: "")
    guard failures == 0 else {
      Console.error("\(failures) of \(cells.count) cells failed; the same command tries them again")
      throw ExitStatus.failure
    }
  }
}
