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

      --where takes conditions joined by and, or, not and parentheses on \
      \(Condition.imageColumns.map(\.name).joined(separator: ", ")). --fail-if takes conditions on the whole run: \
      \(Self.totals.joined(separator: ", ")); where it holds, the exit code is 3.

      Examples:
        errata query --database audit.sqlite --order wrong-pixels --class car --top 10
        errata query --database audit.sqlite --where 'error_rate > 0.1 and path like "night/%"'
        errata query --database audit.sqlite --top 5 --fail-if 'error_rate > 0.05 or failed > 0'

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

  @Option(name: .customLong("where"), help: "Only images for which this condition holds.")
  var conditionText: String?

  @Flag(help: "Leave out images that repeat another image of the run, exactly or nearly.")
  var withoutDuplicates = false

  @Option(help: "Exit with code 3 if this condition holds for the run.")
  var failIf: String?

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
    do {
      _ = try conditionText.map { try Condition.onImages($0) }
      _ = try failIf.map { try Condition($0, numbers: Self.totals) }
    } catch let problem as Condition.Problem {
      throw ValidationError(problem.description)
    }
  }

  /// What `--fail-if` may ask about.
  private static let totals = ["error_rate", "wrong_pixels", "images", "failed"]

  func run() throws {
    let condition = try conditionText.map { try Condition.onImages($0) }
    let failure = try failIf.map { try Condition($0, numbers: Self.totals) }
    let (store, run) = try selection.open()
    var query = RankingQuery()
    query.order = order
    query.limit = top
    query.minimumErrorRate = minimumError
    query.condition = condition
    query.leavesOutDuplicates = withoutDuplicates
    query.classIndex = try className.map { try run.classIndex(named: $0) }
    let format: RankingPrinter.Format = json ? .json : csv ? .csv : .table
    let printer = RankingPrinter(format: format, className: className)
    try printer.begin()
    try store.forEachRankedImage(run, query) { try printer.add($0) }
    try printer.end()
    if let failure, failure.holds(try totals(store, run)) {
      Console.error("--fail-if \(failIf ?? ""): holds for run '\(run.description.name)'")
      throw ExitStatus.conditionHolds
    }
  }

  private func totals(_ store: AuditStore, _ run: AuditRun) throws -> [String: Double] {
    let totals = try store.totals(run)
    return [
      "error_rate": totals.expectedErrorRate, "wrong_pixels": totals.expectedWrongPixels,
      "images": Double(totals.imageCount), "failed": Double(totals.failedCount),
    ]
  }
}
