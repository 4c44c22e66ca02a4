import ArgumentParser
import Foundation

/// How the database of audits behaves with very many images: see Benchmarks/README.md.
@main
struct StoreBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "errata-store-benchmark",
    abstract:
      "Fills a database with made-up audits through the program's own writing code, and asks it questions.",
    subcommands: [FillCommand.self, QueryLatencyCommand.self])
}

/// A measurement goes to standard output as one line of JSON.
enum Measurement {
  static func print(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try FileHandle.standardOutput.write(contentsOf: encoder.encode(value) + Data("\n".utf8))
  }
}
