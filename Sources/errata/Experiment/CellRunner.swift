import Foundation

/// Brings one cell to its end: train, audit, evaluate, each in a process of its own.
struct CellRunner {
  let cell: ExperimentCell
  let audits: [Experiment.Audit]

  enum End {
    case finished
    case failed(String)
    case interrupted
  }

  /// Goes on where an earlier start ended.
  func run() throws -> End {
    try cell.prepare(audits)
    var cost = cell.cost
    let model = cell.run.appendingPathComponent("model.safetensors")
    let files = FileManager.default
    if !files.fileExists(atPath: model.path) {
      let checkpoint = cell.run.appendingPathComponent("checkpoint.safetensors")
      let resume = files.fileExists(atPath: checkpoint.path) ? ["--resume"] : []
      let outcome = try step(["train"] + cell.trainArguments + ["--output", cell.run.path] + resume)
      cost.trainingSeconds += outcome.seconds
      cost.totalSeconds += outcome.seconds
      cost.peakBytes = max(cost.peakBytes, outcome.peakBytes)
      try cell.save(cost)
      if let end = try end(of: "train", outcome) { return end }
    }
    for audit in audits {
      for (name, arguments, output) in try steps(of: audit) {
        let outcome = try step(arguments, output: output)
        cost.totalSeconds += outcome.seconds
        try cell.save(cost)
        if let end = try end(of: name, outcome) { return end }
      }
      let made = temporary(cell.evaluation(of: audit))
      try? files.removeItem(at: cell.evaluation(of: audit))
      try files.moveItem(at: made, to: cell.evaluation(of: audit))
    }
    try cell.markFinished()
    return .finished
  }

  private func steps(
    of audit: Experiment.Audit
  ) throws -> [(name: String, arguments: [String], output: URL?)] {
    let model = cell.run.appendingPathComponent(audit.model + ".safetensors").path
    let selection = ["--database", cell.database.path, "--run", audit.name]
    return [
      ("audit", ["audit", audit.images, "--model", model] + selection + audit.options, nil),
      (
        "evaluate",
        ["evaluate", "--masks", audit.masks, "--ignore", "\(audit.ignoreLabel)", "--json"] + selection,
        temporary(cell.evaluation(of: audit))
      ),
    ]
  }

  private func temporary(_ url: URL) -> URL { url.appendingPathExtension("part") }

  private func step(_ arguments: [String], output: URL? = nil) throws -> ChildProcess.Outcome {
    Console.error("[\(cell.name)] errata \(arguments[0])")
    return try ChildProcess.run(arguments, output: output ?? cell.folder.appendingPathComponent("output.txt"))
  }

  /// `nil` to go on.
  private func end(of name: String, _ outcome: ChildProcess.Outcome) throws -> End? {
    if outcome.exitCode == 0 { return nil }
    if Interruption.isRequested { return .interrupted }
    let reason = "errata \(name) ended with exit code \(outcome.exitCode)"
    try cell.markFailed(reason)
    return .failed(reason)
  }
}
