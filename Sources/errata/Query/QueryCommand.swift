import ArgumentParser
import AuditStore
import Auditing
import Foundation

struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Rank the images of an audit, the worst first.",
    discussion: """
      Orders: error-rate (mean error probability), wrong-pixels (its sum), worst-region (expected wrong pixels of the \
      worst connected region), entropy and confidence (for comparison). With --class the first two count only the \
      pixels that are labelled as this class.

      Example:
        errata query --database audit.sqlite --order wrong-pixels --class car --top 10

      \(ExitStatus.help)
      """)

  @OptionGroup var selection: RunSelection

  @Option(help: "By what to rank: \(RankingOrder.allCases.map(\.rawValue).joined(separator: ", ")).")
  var order = RankingOrder.expectedErrorRate

  @Option(name: .customLong("class"), help: "Only images in which this class is predicted.")
  var className: String?

  @Option(help: "Only images with at least this expected error rate, 0 to 1.")
  var minimumError: Double?

  @Option(help: "At most this many images.")
  var top: Int?

  @Flag(help: "One JSON array of objects.")
  var json = false

  @Flag(help: "Comma-separated values with a header.")
  var csv = false

  func validate() throws {
    guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other.") }
    guard top ?? 1 > 0 else { throw ValidationError("--top must be at least 1.") }
    guard (0...1).contains(minimumError ?? 0) else {
      throw ValidationError("--minimum-error \(minimumError ?? 0), expected 0 to 1.")
    }
  }

  func run() throws {
    let (store, run) = try selection.open()
    var query = RankingQuery()
    query.order = order
    query.limit = top
    query.minimumErrorRate = minimumError
    query.classIndex = try className.map { try run.classIndex(named: $0) }
    let format: RankingPrinter.Format = json ? .json : csv ? .csv : .table
    let printer = RankingPrinter(format: format, className: className)
    try printer.begin()
    try store.forEachRankedImage(run, query) { try printer.add($0) }
    try printer.end()
  }
}
