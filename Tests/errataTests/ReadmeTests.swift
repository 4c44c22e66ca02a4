import AuditStore
import Foundation
import Testing

/// What the README tells people to type.
@Suite(.timeLimit(.minutes(2))) struct ReadmeTests {
  /// The indented block that contains this text.
  private static func block(containing text: String) throws -> String {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("README.md")
    let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    let blocks = lines.split { !$0.hasPrefix("    ") }.map {
      $0.map { $0.dropFirst(4) }.joined(separator: "\n")
    }
    return try #require(blocks.first { $0.contains(text) })
  }

  /// Ten images with most wrong `Pedestrian` pixels, by `sqlite3` itself where that is installed.
  @Test func theTenImagesWithMostWrongPedestrianPixels() throws {
    let audit = try SampleAudit(runs: "unused")
    let store = try AuditStore(path: audit.database, access: .readWrite)
    var description = SampleAudit.description("new-images")
    description.classes[1].name = "Pedestrian"
    let run = try store.beginRun(description)
    // 0.25 of each of these pixels is wrong; 4 more of them in each image.
    for index in 1...12 {
      let labels = [100, 4 * ((index * 5) % 13), 7]
      try store.record(
        SampleAudit.uniform(error: 0.25, confidence: 1, entropy: 0, labels: labels), path: "\(index).jpg",
        contentSHA256: "\(index)", run: run)
    }
    let command = try Self.block(containing: "class = 'Pedestrian'")
    #expect(command.hasPrefix("sqlite3 audit.sqlite "))
    let shell = Process()
    let pipe = Pipe()
    shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let hasShell = FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3")
    shell.arguments = ["sh", "-c", hasShell ? command : "exec \"$1\" \"$2\"", "sh"]
    if !hasShell {
      // The statement alone, as `errata sql` takes it.
      let statement = command.split(separator: "\"")[1]
      shell.arguments = [
        "sh", "-c", "exec \"$1\" sql \"$2\" --database audit.sqlite --csv | tail -n +2 | tr , '|'",
        "sh", CommandRun.program.path, String(statement),
      ]
    }
    shell.currentDirectoryURL = audit.folder.url("")
    shell.standardOutput = pipe
    try shell.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    let expected = (1...12).map { ("\($0).jpg", ($0 * 5) % 13) }.sorted { $0.1 > $1.1 }.prefix(10)
    #expect(output == expected.map { "\($0)|\($1).0\n" }.joined())
  }
}
