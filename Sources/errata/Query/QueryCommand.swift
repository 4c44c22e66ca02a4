import ArgumentParser
import AuditStore
import Auditing
import Foundation

struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Rank the images of an audit, the worst first.",
    discussion: """
      Every order makes one number of an image's pixels:
      \(RankingOptions.help).
      With --class, error-rate and wrong-pixels count only the pixels that are labelled as this class.

      --budget chooses a set instead of a list: images that hold much of what is ranked by, and that stand for the \
      others (facility location on what the images look like to the network); never two near duplicates.

      --where takes conditions joined by and, or, not and parentheses on \
      \(Condition.imageNames.joined(separator: ", ")). --fail-if takes conditions on the whole run: \
      \(Self.totals.joined(separator: ", ")); where it holds, the exit code is 3.

      Examples:
        errata query --database audit.sqlite --order wrong-pixels --class car --top 10
        errata query --database audit.sqlite --where 'error_rate > 0.1 and path like "night/%"'
        errata query --database audit.sqlite --top 5 --fail-if 'error_rate > 0.05 or failed > 0'

      \(ExitStatus.help)
      """)

  @OptionGroup var selection: RunSelection

  @OptionGroup var ranking: RankingOptions

  @Option(name: .customLong("class"), help: "Only images in which this class is predicted.")
  var className: String?

  @Option(help: "Only images with at least this expected error rate, 0 to 1.")
  var minimumError: Double?

  @Option(help: "At most this many images.")
  var top: Int?

  @Option(help: "At most this many images of each folder.")
  var perFolder: Int?

  @Option(help: "Choose a set of so many images.")
  var budget: Int?

  @Option(
    help: """
      Of the set: chosen among so many images from the top of the ranking (default: 40 for each of the budget, at least \
      2000, at most 5000, and never less than twice the budget).
      """)
  var candidates: Int?

  @Option(help: "Of the set: how much standing for the others counts, 0 to 1.")
  var diversity = 0.5

  @Option(help: "Of the set: never two images whose embeddings have a cosine similarity above this.")
  var maximumSimilarity: Float = 0.95

  @Option(name: .customLong("where"), help: "Only images for which this condition holds.")
  var conditionText: String?

  @Flag(help: "Leave out images that repeat another image of the run, exactly or nearly.")
  var withoutDuplicates = false

  @Option(help: "Exit with code 3 if this condition holds for the run.")
  var failIf: String?

  @Flag(help: "One JSON object: what the ranking is by, and the images.")
  var json = false

  @Flag(help: "Comma-separated values with a header.")
  var csv = false

  func validate() throws {
    guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other.") }
    for (name, value) in [("--top", top), ("--per-folder", perFolder), ("--budget", budget)] {
      guard value ?? 1 > 0 else { throw ValidationError("\(name) must be at least 1.") }
    }
    if let budget, budget > BudgetedChoice.maximumCandidates {
      throw ValidationError("--budget \(budget), expected at most \(BudgetedChoice.maximumCandidates).")
    }
    if let candidates {
      guard let budget else { throw ValidationError("--candidates needs --budget.") }
      guard (budget...BudgetedChoice.maximumCandidates).contains(candidates) else {
        throw ValidationError(
          "--candidates \(candidates), expected \(budget) (the budget) to \(BudgetedChoice.maximumCandidates)."
        )
      }
    }
    guard top == nil || budget == nil else {
      throw ValidationError("--top and --budget exclude each other.")
    }
    guard (0...1).contains(diversity) else {
      throw ValidationError("--diversity \(diversity), expected 0 to 1.")
    }
    guard (0...1).contains(maximumSimilarity) else {
      throw ValidationError("--maximum-similarity \(maximumSimilarity), expected 0 to 1.")
    }
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
    query.order = ranking.order
    query.cost = ranking.costs.cost
    query.limit = top
    query.limitPerFolder = perFolder
    query.minimumErrorRate = minimumError
    query.condition = condition
    query.leavesOutDuplicates = withoutDuplicates
    query.classIndex = try className.map { try run.classIndex(named: $0) }
    if let budget {
      try printSet(store, run, query, budget: budget)
    } else {
      let printer = try printer(store, run, query, selection: nil)
      try printer.begin()
      try store.forEachRankedImage(run, query) { try printer.add($0) }
      printer.end()
    }
    if let failure, failure.holds(try totals(store, run)) {
      Console.error("--fail-if \(failIf ?? ""): holds for run '\(run.description.name)'")
      throw ExitStatus.conditionHolds
    }
  }

  private func printSet(_ store: AuditStore, _ run: AuditRun, _ query: RankingQuery, budget: Int) throws {
    var settings = SetSelection.Settings(budget: budget)
    settings.diversity = diversity
    settings.nearDuplicateSimilarity = maximumSimilarity
    settings.limitPerFolder = perFolder
    let choice = try BudgetedChoice(
      store: store, run: run, query: query, settings: settings, candidates: candidates)
    if choice.wasCut {
      Console.error("note: chosen among the first \(choice.candidateCount) images of the ranking")
    }
    let printer = try printer(
      store, run, query,
      selection: RankingHeader.Selection(
        budget: budget, diversity: diversity, nearDuplicateSimilarity: maximumSimilarity,
        candidates: choice.candidateCount))
    try printer.begin()
    for image in choice.images { try printer.add(image) }
    printer.end()
    if choice.images.count < min(budget, choice.candidateCount) {
      Console.error(
        "note: \(choice.images.count) of \(budget): all other images are near duplicates of these, or over the limit "
          + "of their folder")
    }
  }

  private func printer(
    _ store: AuditStore, _ run: AuditRun, _ query: RankingQuery, selection: RankingHeader.Selection?
  ) throws -> RankingPrinter {
    let intervals = try store.intervals(run)
    return RankingPrinter(
      format: json ? .json : csv ? .csv : .table, query: query, className: className,
      header: RankingHeader(
        run: run, query: query, className: className, intervals: intervals, selection: selection),
      intervals: intervals)
  }

  private func totals(_ store: AuditStore, _ run: AuditRun) throws -> [String: Double] {
    let totals = try store.totals(run)
    return [
      "error_rate": totals.expectedErrorRate, "wrong_pixels": totals.expectedWrongPixels,
      "images": Double(totals.imageCount), "failed": Double(totals.failedCount),
    ]
  }
}
