import AuditStore
import Foundation
import GRDB
import TensorCore
import Testing

/// Audits that do not come to their end, by a signal.
@Suite(.timeLimit(.minutes(5))) struct BrokenOffAuditTests {
  private let audit: SmallAudit
  private static let imageCount = 150
  private static let killCount = 50

  init() throws { audit = try SmallAudit() }

  /// Half of the kills fall into the start, where the file and its tables are made, and half into the work.
  @Test func killedFiftyTimesAndFinished() throws {
    try SmallModel.writeImages(Self.imageCount, width: 96, height: 64, to: audit.folder.url("images"))
    let whole = try seconds { try CommandRun(audit.arguments(database: "undisturbed.sqlite")) }
    let start = try seconds { try CommandRun(audit.arguments(database: "undisturbed.sqlite")) }
    let work = max(0.01, (whole - start) / Double(Self.killCount))
    var generator = SeededGenerator(seed: 50)
    var kills = 0
    var attempts = 0
    while kills < Self.killCount && attempts < 4 * Self.killCount {
      attempts += 1
      let share = Double(generator.nextUniform())
      let delay = attempts % 2 == 0 ? share * start : start * 0.7 + share * 2 * work
      let command = try RunningCommand(audit.arguments())
      usleep(UInt32(delay * 1_000_000))
      kill(command.process.processIdentifier, SIGKILL)
      if try command.finish().status == -SIGKILL { kills += 1 }
      #expect(try halfWrittenImages() == 0)
    }
    #expect(kills == Self.killCount)
    let last = try CommandRun(audit.arguments())
    #expect(last.status == 0, "\(last.errors)")
    #expect(try audit.contents().differences(from: audit.contents("undisturbed.sqlite")) == [])
    #expect(try audit.images().count == Self.imageCount)
  }

  /// Ctrl-C, and what a service manager sends.
  @Test(arguments: [SIGINT, SIGTERM]) func askedToStop(signal: Int32) throws {
    try SmallModel.writeImages(Self.imageCount, width: 192, height: 128, to: audit.folder.url("images"))
    let command = try RunningCommand(audit.arguments())
    audit.wait(forImages: 3, of: command)
    kill(command.process.processIdentifier, signal)
    let stopped = try command.finish()
    #expect(stopped.status == 130)
    #expect(stopped.errors.hasSuffix("interrupted; the same command continues\n"), "\(stopped.errors)")
    let done = try audit.images()
    #expect((3..<Self.imageCount).contains(done.count))
    #expect(stopped.output.hasPrefix("run 'images': \(done.count) images, expected error rate "))
    let store = try AuditStore(path: audit.folder.path("audit.sqlite"), access: .readOnly)
    #expect(try store.run(named: nil).finishedAt == nil)

    let continued = try CommandRun(audit.arguments())
    #expect(continued.status == 0)
    #expect(
      continued.output.hasPrefix("run 'images': \(Self.imageCount) images (\(done.count) from before), "))
    // What was done stays as it was.
    #expect(Set(try audit.images().map(\.id)).isSuperset(of: done.map(\.id)))
    #expect(try store.run(named: nil).finishedAt != nil)
  }

  private func seconds(_ body: () throws -> CommandRun) throws -> Double {
    let start = ContinuousClock.now
    let run = try body()
    #expect(run.status == 0, "\(run.errors)")
    return start.duration(to: .now) / .seconds(1)
  }

  private func halfWrittenImages() throws -> Int {
    guard FileManager.default.fileExists(atPath: audit.folder.path("audit.sqlite")) else { return 0 }
    return try DatabaseQueue(path: audit.folder.path("audit.sqlite")).read { db in
      guard try db.tableExists("maps") else { return 0 }
      return try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM images WHERE (SELECT count(*) FROM maps WHERE image_id = images.id) <> 4
            OR (SELECT sum(pixels) FROM histograms WHERE image_id = images.id) <> width * height
            OR (SELECT sum(predicted_pixels) FROM image_classes WHERE image_id = images.id) <> width * height
          """) ?? -1
    }
  }
}
