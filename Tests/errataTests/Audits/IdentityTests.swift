import AuditStore
import Foundation
import GRDB
import Imaging
import Testing

/// Images are known by their content, not by their names.
@Suite(.timeLimit(.minutes(3))) struct IdentityTests {
  private let audit: SmallAudit

  init() throws {
    audit = try SmallAudit()
    for index in 0..<4 { try write(index, to: "street/\(index).png") }
    #expect(try CommandRun(audit.arguments()).status == 0)
  }

  /// A picture that looks like no other index's.
  private func write(_ index: Int, to name: String, brighter: Int = 0) throws {
    let (width, height) = (64, 48)
    let pixels = (0..<width * height).flatMap { pixel -> [UInt8] in
      let (x, y) = (Double(pixel % width), Double(pixel / width))
      let wave =
        sin(x * Double(index + 1) / 9 + y / 5) * cos(y * Double(3 * index % 5 + 1) / 11 - Double(index))
      return [UInt8](repeating: UInt8(110 + 90 * wave) + UInt8(brighter), count: 3)
    }
    try AtomicFile.write(
      PNGEncoder.encode(RGBImage(width: width, height: height, pixels: pixels)), to: url(name))
  }

  private func url(_ name: String) -> URL { audit.folder.url("images/" + name) }

  private func again() throws -> CommandRun {
    let run = try CommandRun(audit.arguments())
    #expect(run.status == 0, "\(run.errors)")
    return run
  }

  private func column(_ sql: String) throws -> [String] {
    try DatabaseQueue(path: audit.folder.path("audit.sqlite")).read { try String.fetchAll($0, sql: sql) }
  }

  @Test func renamedImagesKeepTheirRows() throws {
    let before = try audit.images()
    try FileManager.default.moveItem(at: url("street/1.png"), to: url("moved.png"))
    try FileManager.default.createDirectory(at: url("night"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(at: url("street/3.png"), to: url("night/3.png"))
    let run = try again()
    #expect(run.output.hasPrefix("run 'images': 4 images (4 from before), "))
    #expect(run.errors.contains("note: images 2 renamed since they were audited\n"))
    let after = try audit.images()
    #expect(after.map(\.path) == ["moved.png", "night/3.png", "street/0.png", "street/2.png"])
    #expect(after.map(\.id) == [1, 3, 0, 2].map { before[$0].id })
    #expect(
      try column("SELECT detail FROM events WHERE kind = 'renamed' ORDER BY detail")
        == ["street/1.png", "street/3.png"])
    // Names that change places.
    for (from, to) in [("moved.png", "x"), ("street/0.png", "moved.png"), ("x", "street/0.png")] {
      try FileManager.default.moveItem(at: url(from), to: url(to))
    }
    #expect(try again().errors.contains("2 changed, and audited again"))
    #expect(try audit.images().map(\.contentSHA256) == [0, 3, 1, 2].map { before[$0].contentSHA256 })
  }

  @Test func changedImagesAreAuditedAgain() throws {
    let before = try audit.images()
    try write(2, to: "street/2.png", brighter: 40)
    let run = try again()
    #expect(run.output.hasPrefix("run 'images': 4 images (3 from before), "))
    #expect(run.errors.contains("note: images 1 changed, and audited again\n"))
    let after = try audit.images()
    #expect(after.map(\.path) == before.map(\.path))
    for index in [0, 1, 3] { #expect(after[index] == before[index]) }
    #expect(after[2].contentSHA256 != before[2].contentSHA256)
    #expect(after[2].statistics != before[2].statistics)
    #expect(try column("SELECT detail FROM events WHERE kind = 'changed'") == ["street/2.png"])
    // As if it had been so from the beginning.
    #expect(try CommandRun(audit.arguments(database: "fresh.sqlite")).status == 0)
    #expect(try audit.contents().differences(from: audit.contents("fresh.sqlite")) == [])
    // A changed file that cannot be read is no longer an audited image.
    try audit.folder.write("no picture", to: "images/street/2.png")
    #expect(try CommandRun(audit.arguments()).status == 2)
    #expect(try audit.images().map(\.path) == ["street/0.png", "street/1.png", "street/3.png"])
  }

  /// A new time of change alone is no change; a file that is gone stays in the run, and is named.
  @Test func touchedAndMissingFiles() throws {
    let before = try audit.images()
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: url("street/0.png").path)
    try FileManager.default.removeItem(at: url("street/3.png"))
    let run = try again()
    #expect(run.output.hasPrefix("run 'images': 4 images (3 from before), "))
    #expect(run.errors.contains("note: images 1 of the run no longer in the folder\n"))
    #expect(try audit.images() == before)
    #expect(
      try column("SELECT kind FROM events ORDER BY id") == ["started", "finished", "continued", "finished"])
    let stamps = try AuditStore(path: audit.folder.path("audit.sqlite"), access: .readOnly)
    #expect(try stamps.stamps(stamps.run(named: nil))["street/0.png"]??.hasSuffix(":1000000.0") == true)
  }

  @Test func duplicatesAreMarkedAndLeftOut() throws {
    try FileManager.default.copyItem(at: url("street/1.png"), to: url("street/copy.png"))
    // The same picture as a JPEG.
    let picture = try ImageFile.decode([UInt8](Data(contentsOf: url("street/2.png"))), name: "2.png")
    try AtomicFile.write(JPEGEncoder.encode(picture, quality: 60), to: url("street/two.jpg"))
    // A second copy of a file that is gone by now.
    try FileManager.default.copyItem(at: url("street/0.png"), to: url("a.png"))
    try FileManager.default.moveItem(at: url("street/0.png"), to: url("b.png"))
    let run = try again()
    #expect(run.output.hasPrefix("run 'images': 7 images (4 from before), "), "\(run.output)")
    let marks = try column(
      "SELECT path || ' ' || duplicate_of || ' ' || duplicate FROM ranked_images WHERE duplicate_of IS NOT NULL "
        + "ORDER BY path")
    #expect(
      marks == [
        "b.png a.png exact", "street/copy.png street/1.png exact", "street/two.jpg street/2.png near",
      ])
    let query = try CommandRun(
      "query", "--database", audit.folder.path("audit.sqlite"), "--without-duplicates", "--csv")
    let paths = query.output.split(separator: "\n").dropFirst().map { $0.split(separator: ",")[1] }
    #expect(paths.sorted() == ["a.png", "street/1.png", "street/2.png", "street/3.png"])
  }
}
