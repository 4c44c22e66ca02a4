import Exchange
import Foundation
import Imaging
import Testing

/// A folder that is gone afterwards.
func withTemporaryFolder(_ body: (URL) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("errata-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder)
}

@Suite struct ExportPathTests {
  private let folder = URL(fileURLWithPath: "/out", isDirectory: true)

  @Test(arguments: [
    ("a.jpg", "/out/a.png"), ("x/y/a.b.jpeg", "/out/x/y/a.b.png"), ("..a.jpg", "/out/..a.png"),
    ("ü ?%20.png", "/out/ü ?%20.png"),
  ])
  func keepsTheFolders(path: String, expected: String) throws {
    #expect(try ExportPath.url(forImage: path, in: folder, extension: "png").path == expected)
  }

  @Test(arguments: ["../a.jpg", "x/../../a.jpg", "/etc/passwd", "x//a.jpg", "./a.jpg", "", "..", "a\0b.jpg"])
  func refusesToLeaveTheFolder(path: String) {
    #expect(throws: ExportPath.Problem.self) {
      try ExportPath.url(forImage: path, in: folder, extension: "png")
    }
  }

  @Test func twoImagesOfOneFileAreNamed() throws {
    var names = ExportNames()
    let file = try ExportPath.url(forImage: "a.jpg", in: folder, extension: "png")
    try names.claim(file, forImage: "a.jpg")
    let error = try #require(throws: ExportPath.Problem.self) { try names.claim(file, forImage: "a.png") }
    #expect(error.description.contains("'a.jpg'") && error.description.contains("'a.png'"))
  }
}

@Suite struct StreamedFileTests {
  @Test func appearsWholeAtTheEndOnly() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("new/list.csv")
      let file = try StreamedFile(url)
      // More than one buffer.
      for index in 0..<20_000 { try file.write(line: "line \(index)") }
      #expect(!FileManager.default.fileExists(atPath: url.path))
      try file.finish()
      let expected = (0..<20_000).map { "line \($0)\n" }.joined()
      #expect(try String(contentsOf: url, encoding: .utf8) == expected)
      let names = try FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)
      #expect(names == ["list.csv"])
    }
  }

  @Test func abandonedFileLeavesTheOldOne() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("list.csv")
      try Data("old".utf8).write(to: url)
      do {
        let file = try StreamedFile(url)
        try file.write(Data(repeating: 65, count: 100_000))
      }
      #expect(try String(contentsOf: url, encoding: .utf8) == "old")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["list.csv"])
    }
  }

  @Test func aFolderThatIsAFileIsNamed() throws {
    try withTemporaryFolder { folder in
      let blocker = folder.appendingPathComponent("file")
      try Data().write(to: blocker)
      let error = try #require(throws: ImageError.self) {
        _ = try StreamedFile(blocker.appendingPathComponent("list.csv"))
      }
      #expect(error.file == blocker.path)
    }
  }
}
