import AuditStore
import Foundation
import Testing

/// Audits that keep fewer maps than all.
@Suite(.timeLimit(.minutes(3))) struct KeptMapsTests {
  private let audit: SmallAudit

  init() throws {
    audit = try SmallAudit()
    try SmallModel.writeImages(3, width: 48, height: 32, to: audit.folder.url("images"))
  }

  private var database: String { audit.folder.path("audit.sqlite") }

  private func sql(_ statement: String) throws -> CommandRun {
    try CommandRun("sql", statement, "--database", database, "--csv")
  }

  @Test(arguments: [("none", 0), ("error", 1), ("all", 4)]) func whatIsKept(maps: String, count: Int) throws {
    let run = try CommandRun(audit.arguments(["--maps", maps]))
    #expect(run.status == 0, "\(run.errors)")
    let kept = try sql("SELECT count(*) AS maps, count(DISTINCT kind) AS kinds FROM maps")
    #expect(kept.output == "maps,kinds\n\(3 * count),\(count)\n")
    #expect(
      kept.errors == (maps == "all" ? "" : "note: not all maps were kept by run 'images' (--maps \(maps))\n"))
    #expect(try CommandRun(audit.arguments(database: "all.sqlite")).status == 0)
    // All else is the same.
    let less = try audit.contents().rows.filter { !$0.hasPrefix("maps: ") && !$0.hasPrefix("runs: ") }
    let all = try audit.contents("all.sqlite").rows.filter {
      !$0.hasPrefix("maps: ") && !$0.hasPrefix("runs: ")
    }
    #expect(less == all)
    // A run does not change what it keeps half-way.
    let other = try CommandRun(audit.arguments(["--maps", maps == "all" ? "none" : "all"]))
    #expect(
      other.status == 1 && other.errors.contains("run 'images' exists with --maps \(maps); choose another"))
  }

  @Test(arguments: ["none", "error"]) func whatNeedsMapsSaysSo(maps: String) throws {
    #expect(try CommandRun(audit.arguments(["--maps", maps])).status == 0)
    let reason =
      "run 'images' was audited with --maps \(maps), and this needs the per-pixel maps; audit the folder "
      + "again with --maps all and another --run"
    let output = audit.folder.path("output")
    for command in [
      ["export", "--format", "masks", "--output", output],
      ["export", "--format", "overlays", "--output", output],
      ["export", "--format", "error-maps", "--output", output],
      ["evaluate", "--masks", audit.folder.path("images")],
    ] {
      let run = try CommandRun(command + ["--database", database])
      #expect(run.status == 1 && run.output.isEmpty, "\(command)")
      #expect(run.errors.contains(reason), "\(run.errors)")
    }
    // What needs none works.
    #expect(try CommandRun("query", "--database", database, "--csv").output.split(separator: "\n").count == 4)
    #expect(
      try CommandRun("export", "--format", "csv", "--output", output, "--database", database).status == 0)
    let page = audit.folder.path("report.html")
    let report = try CommandRun("report", "--database", database, "--output", page)
    #expect(report.status == 0 && report.errors.contains("without pictures"), "\(report.errors)")
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("audited with --maps \(maps)"))
  }
}
