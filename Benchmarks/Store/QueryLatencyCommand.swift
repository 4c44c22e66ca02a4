import ArgumentParser
import AuditStore
import Auditing
import Foundation

/// How long the first twenty images of each order take.
struct QueryLatencyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Ask for the first 20 images in every order, each time with a new connection.")

  @Argument(help: "The database.") var database: String
  @Option(help: "Repetitions of each question; the median is given.") var repetitions = 9

  private struct Latency: Encodable {
    let question: String
    let milliseconds: Double
    let slowestMilliseconds: Double
  }

  func run() throws {
    for order in RankingOrder.allCases {
      for (text, change) in Self.variants {
        var query = RankingQuery()
        query.order = order
        query.limit = 20
        try change(&query)
        let times = try (0..<repetitions).map { _ in try milliseconds(query) }.sorted()
        try report("--order \(order.rawValue)\(text) --top 20", times)
      }
    }
    let times = try (0..<repetitions).map { _ in try millisecondsOfTotals() }.sorted()
    try report("sums over the run (--fail-if)", times)
  }

  private func report(_ question: String, _ times: [Double]) throws {
    try Measurement.print(
      Latency(
        question: question, milliseconds: times[times.count / 2],
        slowestMilliseconds: times[times.count - 1]))
  }

  private static var variants: [(String, (inout RankingQuery) throws -> Void)] {
    [
      ("", { _ in }), (" --class", { $0.classIndex = 3 }),
      (" --without-duplicates", { $0.leavesOutDuplicates = true }),
      (" --minimum-error 0.5", { $0.minimumErrorRate = 0.5 }),
      (" --where rate", { $0.condition = try Condition.onImages("error_rate > 0.5 and width = 480") }),
      (" --where path", { $0.condition = try Condition.onImages("path like 'camera-4%'") }),
      (" --where 'path like last%'", { $0.condition = try Condition.onImages("path like 'camera-49/%'") }),
      (
        " --where 'path like %last%'", { $0.condition = try Condition.onImages("path like '%era-49/%7.jpg'") }
      ),
      (" --where p99", { $0.condition = try Condition.onImages("error_p99 < 0.01 and not width > 480") }),
    ]
  }

  private func milliseconds(_ query: RankingQuery) throws -> Double {
    var images: [AuditedImage] = []
    let milliseconds = try milliseconds { images = try $0.rankedImages($1, query) }
    guard images.count == 20 else { throw ValidationError("\(images.count) images found, expected 20") }
    return milliseconds
  }

  private func millisecondsOfTotals() throws -> Double { try milliseconds { _ = try $0.totals($1) } }

  /// With a new connection.
  private func milliseconds(_ ask: (AuditStore, AuditRun) throws -> Void) throws -> Double {
    let start = ContinuousClock.now
    let store = try AuditStore(path: database, access: .readOnly)
    try ask(store, store.run(named: nil))
    return (start.duration(to: .now) / .milliseconds(1) * 100).rounded() / 100
  }
}
