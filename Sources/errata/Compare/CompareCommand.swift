import ArgumentParser
import AuditStore
import Auditing
import Foundation

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "What changed between two runs, per image and class.",
    discussion: """
      Images are matched by path. A negative change means fewer expected wrong pixels in the second run.

      Example:
        errata compare before after --database audit.sqlite --top 20

      \(ExitStatus.help)
      """)

  @Argument(help: "Name of the first run.")
  var first: String

  @Argument(help: "Name of the second run.")
  var second: String

  @Option(help: "The database of audits.", completion: .file())
  var database: String

  @Option(help: "How many of the most changed images to list.")
  var top = 10

  @Flag(help: "One JSON object, with every image.")
  var json = false

  func validate() throws {
    guard top >= 0 else { throw ValidationError("--top \(top), expected 0 or more.") }
  }

  func run() throws {
    let store = try AuditStore(path: database, access: .readOnly)
    let (before, after) = (try store.run(named: first), try store.run(named: second))
    let comparison = RunComparison(
      images: try (side(store, before), side(store, after)),
      classes: try (store.classTotals(before), store.classTotals(after)))
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(comparison), as: UTF8.self))
    } else {
      print(comparison.text(first: first, second: second, top: top))
    }
  }

  private func side(_ store: AuditStore, _ run: AuditRun) throws -> [AuditedImage] {
    try store.rankedImages(run, RankingQuery())
  }
}
