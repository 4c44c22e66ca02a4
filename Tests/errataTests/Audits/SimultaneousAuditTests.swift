import AuditStore
import Foundation
import Testing

/// Several processes in one database.
@Suite(.timeLimit(.minutes(5))) struct SimultaneousAuditTests {
  private let audit: SmallAudit

  init() throws {
    audit = try SmallAudit()
    try SmallModel.writeImages(40, width: 96, height: 64, to: audit.folder.url("images"))
    #expect(try CommandRun(audit.arguments(database: "alone.sqlite")).status == 0)
  }

  @Test func twoAuditsOfOneRun() throws {
    let commands = try (0..<2).map { _ in try RunningCommand(audit.arguments()) }
    for command in commands {
      let run = try command.finish()
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.hasPrefix("run 'images': 40 images"))
    }
    #expect(try audit.contents().differences(from: audit.contents("alone.sqlite")) == [])
  }

  @Test func twoRunsWhileOthersAsk() throws {
    let commands = try ["a", "b"].map { try RunningCommand(audit.arguments(["--run", $0])) }
    var counts: [Int] = []
    repeat {
      let query = try CommandRun(
        "query", "--database", audit.folder.path("audit.sqlite"), "--run", "a", "--csv")
      // Before the run has begun the reason is on standard error; from then on every answer is one of images
      // that are whole.
      if query.status == 0 {
        counts.append(query.output.split(separator: "\n").count - 1)
      } else {
        #expect(query.status == 1 && counts.isEmpty, "\(query.errors)")
      }
    } while commands.contains { $0.process.isRunning }
    #expect(counts == counts.sorted() && !counts.isEmpty)
    for command in commands {
      let run = try command.finish()
      #expect(run.status == 0, "\(run.errors)")
    }
    let alone = try audit.contents("alone.sqlite")
    for name in ["a", "b"] { #expect(try audit.contents(run: name).differences(from: alone) == []) }
  }
}
