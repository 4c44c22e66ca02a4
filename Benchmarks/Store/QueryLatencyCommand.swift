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
        try Measurement.print(
          Latency(
            question: "--order \(order.rawValue)\(text) --top 20", milliseconds: times[times.count / 2],
            slowestMilliseconds: times[times.count - 1]))
      }
    }
  }

  private static var variants: [(String, (inout RankingQuery) throws -> Void)] {
    [
      ("", { _ in }), (" --class", { $0.classIndex = 3 }),
      (" --without-duplicates", { $0.leavesOutDuplicates = true }),
      (" --minimum-error 0.5", { $0.minimumErrorRate = 0.5 }),
      (" --where", { $0.condition = try Condition.onImages("path like 'camera-4%'") }),
    ]
  }

  private func milliseconds(_ query: RankingQuery) throws -> Double {
    let start = ContinuousClock.now
    let store = try AuditStore(path: database, access: .readOnly)
    let images = try store.rankedImages(store.run(named: nil), query)
    let duration = start.duration(to: .now)
    guard images.count == 20 else { throw ValidationError("\(images.count) images found, expected 20") }
    return (duration / .milliseconds(1) * 100).rounded() / 100
  }
}
