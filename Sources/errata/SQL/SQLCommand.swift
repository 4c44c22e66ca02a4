import ArgumentParser
import AuditStore
import Exchange
import Foundation

struct SQLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Ask the database in SQL; nothing can be changed.",
    discussion: """
      The tables and views are described in schema/. On the blobs of the table maps there are the functions \
      error_fraction(map, threshold), mean_error(map), error_at(map, width, x, y) and label_pixels(map, class_index).

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
  }
}
