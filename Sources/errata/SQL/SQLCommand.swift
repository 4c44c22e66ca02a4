import ArgumentParser
import AuditStore
import Exchange
import Foundation

struct SQLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Ask the database in SQL; nothing can be changed.",
    discussion: """
      The tables and views are described in schema/. On the blobs of the table maps there are functions:
        kind error       error_fraction(map, threshold), mean_error(map), error_at(map, x, y)
        kind confidence  low_confidence_fraction(map, threshold), mean_confidence(map), confidence_at(map, x, y)
        kind label       label_pixels(map, class_index), label_fraction(map, class_index), label_at(map, x, y)
        error and label  class_error_pixels(error, label, class_index), class_error_fraction(error, label, class_index)
        any              map_pixels(map)
      A map of a database of version 1 does not know its width: error_at(map, width, x, y).

      Examples:
        errata sql --database audit.sqlite "SELECT path, expected_error_rate FROM ranked_images LIMIT 10"
        errata sql --database audit.sqlite "SELECT path, error_fraction(data, 0.9) AS sure FROM maps \\
          JOIN images ON images.id = image_id WHERE kind = 'error' ORDER BY sure DESC LIMIT 10"

      \(ExitStatus.help)
      """)

  @Argument(help: "One SQL statement.")
  var statement: String

  @Option(help: "The database of audits.", completion: .file())
  var database: String

  @Flag(help: "One JSON object a line.")
  var json = false

  @Flag(help: "Comma-separated values with a header.")
  var csv = false

  func validate() throws {
    guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other.") }
  }

  func run() throws {
    let printer = SQLPrinter(format: json ? .json : csv ? .csv : .table)
    try AuditStore.answer(statement, path: database, columns: printer.begin, row: printer.add)
    printer.end()
    try noteMissingMaps()
  }

  /// An empty answer about maps looks as if there were no errors.
  private func noteMissingMaps() throws {
    guard statement.firstRange(of: /\bmaps\b/) != nil else { return }
    let runs = try AuditStore(path: database, access: .readOnly).runs().filter { $0.description.maps != .all }
    guard !runs.isEmpty else { return }
    let names = runs.map { "'\($0.description.name)' (--maps \($0.description.maps.rawValue))" }
    Console.error("note: not all maps were kept by run \(names.joined(separator: ", "))")
  }
}
