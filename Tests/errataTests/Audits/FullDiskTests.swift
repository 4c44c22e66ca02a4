import AuditStore
import Foundation
import Testing

/// Audits into a file system in memory that is too small. It is mounted where only the test's own processes see it,
/// which takes root.
@Suite(
  .timeLimit(.minutes(3)), .enabled(if: SmallDisk.isPossible, "needs root, to mount a small file system"))
struct FullDiskTests {
  private let audit: SmallAudit

  init() throws { audit = try SmallAudit() }

  /// From no room for the tables at all to room for some images.
  @Test(arguments: ["8k", "150k", "700k", "1500k"]) func oneClearErrorAndASoundDatabase(size: String) throws {
    try SmallModel.writeImages(80, width: 96, height: 64, to: audit.folder.url("images"))
    #expect(try CommandRun(audit.arguments(database: "undisturbed.sqlite")).status == 0)
    let disk = audit.folder.url("disk")
    try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
    // The database outlives its file system as a copy.
    let status = try SmallDisk.shell(
      """
      mount -t tmpfs -o size=\(size) tmpfs disk
      code=0; "$@" >full.out 2>full.err || code=$?; echo $code >full.status
      mkdir full; cp disk/* full/ || true
      mount -o remount,size=64m disk
      code=0; "$@" >roomy.out 2>roomy.err || code=$?; echo $code >roomy.status
      cp disk/audit.sqlite* .
      """, [CommandRun.program.path] + audit.arguments(database: "disk/audit.sqlite"), in: audit.folder.path)
    #expect(status == 0)

    let errors = try text("full.err")
    #expect(try text("full.status") == "1\n" && text("full.out").isEmpty)
    #expect(errors.components(separatedBy: "Error: ").count == 2, "\(errors)")
    #expect(
      errors.contains("disk/audit.sqlite: the disk is full. What was written before is kept"), "\(errors)")
    if FileManager.default.fileExists(atPath: audit.folder.path("full/audit.sqlite")) {
      let full = try audit.contents("full/audit.sqlite")
      #expect(full.damage == [])
      // Nothing half-written: all that is there is in the undisturbed audit too, but for the run's own rows.
      let known = Set(try audit.contents("undisturbed.sqlite").rows)
      let ofRun = ["runs: ", "run_totals: ", "class_totals: ", "histogram_totals: "]
      #expect(full.rows.allSatisfy { row in known.contains(row) || ofRun.contains { row.hasPrefix($0) } })
      if !full.rows.isEmpty { try expectTotals("full/audit.sqlite") }
    }

    let complaints = try text("roomy.err")
    #expect(try text("roomy.status") == "0\n", "\(complaints)")
    #expect(try audit.contents().differences(from: audit.contents("undisturbed.sqlite")) == [])
  }

  /// The totals count the images that are there.
  private func expectTotals(_ database: String) throws {
    let store = try AuditStore(path: audit.folder.path(database), access: .readOnly)
    let run = try store.run(named: nil)
    let count = try audit.images(database).count
    #expect(try store.totals(run).imageCount == count)
    #expect(try store.histogram(run).reduce(0, +) == count * 96 * 64)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOf: audit.folder.url(name), encoding: .utf8)
  }
}

/// Scripts that mount file systems which nobody else sees.
private enum SmallDisk {
  static let isPossible =
    geteuid() == 0 && (try? shell("mount -t tmpfs -o size=64k tmpfs /mnt", [])) == 0

  /// *Returns*: its exit code.
  static func shell(_ script: String, _ arguments: [String], in folder: String = "/") throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["unshare", "--mount", "sh", "-ec", script, "sh"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
