import ArgumentParser
import AuditStore
import Foundation

/// Writes made-up images behind those that are there already.
struct FillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fill", abstract: "Write made-up images; a database that is there already is continued.")

  @Argument(help: "The database.") var database: String
  @Option(help: "Stop at so many images.") var images = 1_000_000
  @Option(help: "Images in one transaction: 1 as `errata audit` does; more only to fill a database sooner.")
  var transaction = 1
  @Option(help: "Stop after so many seconds.") var seconds = 240.0

  private struct Rate: Encodable {
    let images: Int
    let imagesPerSecond: Double
    let imagesPerTransaction: Int
    let bytesPerImage: Int
  }

  /// Images between two lines of output.
  private static let interval = 10_000

  func run() throws {
    let store = try AuditStore(path: database, access: .readWrite)
    let run = try store.beginRun(MadeUpAudit.run)
    var number = try store.totals(run).imageCount
    let start = ContinuousClock.now
    var written = ContinuousClock.now
    while number < images && start.duration(to: .now) / .seconds(1) < seconds {
      var made: Duration = .zero
      let first = number
      written = .now
      while number < min(images, first + Self.interval) {
        let making = ContinuousClock.now
        let batch = (number..<min(number + transaction, images)).map { MadeUpAudit(number: $0).image }
        made += making.duration(to: .now)
        try store.record(batch, run: run)
        number += batch.count
      }
      let writing = (written.duration(to: .now) - made) / .seconds(1)
      try Measurement.print(
        Rate(
          images: number, imagesPerSecond: (Double(number - first) / writing).rounded(),
          imagesPerTransaction: transaction,
          bytesPerImage: try Self.bytes(database) / number))
    }
    try store.finishRun(run)
  }

  /// The database with what is not yet in its main file.
  static func bytes(_ path: String) throws -> Int {
    try [path, path + "-wal"].filter(FileManager.default.fileExists).reduce(0) {
      let attributes = try FileManager.default.attributesOfItem(atPath: $1)
      return $0 + ((attributes[.size] as? NSNumber)?.intValue ?? 0)
    }
  }
}
