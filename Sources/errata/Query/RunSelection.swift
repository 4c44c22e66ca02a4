import ArgumentParser
import AuditStore
import Auditing

/// The database and run that a command reads.
struct RunSelection: ParsableArguments {
  @Option(help: "The database of audits.", completion: .file())
  var database: String

  @Option(help: "Name of the run (default: the latest).")
  var run: String?

  func open() throws -> (store: AuditStore, run: AuditRun) {
    let store = try AuditStore(path: database, access: .readOnly)
    return (store, try store.run(named: run))
  }
}

extension AuditRun {
  /// - Throws: `ValidationError` that names the classes there are.
  func classIndex(named name: String) throws -> Int {
    guard let index = description.classes.firstIndex(where: { $0.name == name }) else {
      let known = description.classes.map(\.name).joined(separator: ", ")
      throw ValidationError("No class '\(name)' in run '\(description.name)'; there are: \(known).")
    }
    return index
  }
}
