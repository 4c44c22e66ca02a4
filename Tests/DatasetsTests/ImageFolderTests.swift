import Datasets
import Foundation
import Testing

@Suite struct ImageFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func listsImagesInTheOrderOfTheirPaths() throws {
    try folder.writeImages(
      "b.JPG", "a.jpeg", "z/deep/c.Png", "z/a.png", ".hidden.png", ".cache/d.png", "a.b.png")
    try folder.write("no image", to: "readme.txt")
    try FileManager.default.createDirectory(at: folder.path("folder.png"), withIntermediateDirectories: true)
    let samples = try ImageFolder.list(folder.url)
    #expect(samples.map(\.name) == ["a", "a.b", "b", "z/a", "z/deep/c"])
    #expect(samples.map(\.image.lastPathComponent) == ["a.jpeg", "a.b.png", "b.JPG", "a.png", "c.Png"])
    #expect(samples.allSatisfy { $0.mask == nil })
    #expect(samples.allSatisfy { FileManager.default.fileExists(atPath: $0.image.path) })
  }

  @Test(arguments: ["data/", "data/sub/..", "./data"])
  func namesDoNotDependOnHowTheFolderIsWritten(_ path: String) throws {
    try folder.writeImages("data/sub/a.png")
    let samples = try ImageFolder.list(URL(fileURLWithPath: folder.url.path + "/" + path))
    #expect(samples.map(\.name) == ["sub/a"])
  }

  @Test func followsLinks() throws {
    try folder.writeImages("real/a.png", "real/sub/b.png", "other.png")
    let files = FileManager.default
    try files.createSymbolicLink(at: folder.path("linked"), withDestinationURL: folder.path("real"))
    try files.createSymbolicLink(at: folder.path("real/c.png"), withDestinationURL: folder.path("other.png"))
    try files.createSymbolicLink(at: folder.path("real/sub/loop"), withDestinationURL: folder.path("real"))
    #expect(try ImageFolder.list(folder.path("linked")).map(\.name) == ["a", "c", "sub/b"])
  }

  @Test func refusesWhatIsNoFolderOfImages() throws {
    let missing = #expect(throws: DatasetError.self) { try ImageFolder.list(folder.path("none")) }
    #expect(missing?.description == "\(folder.path("none").path): no such folder")
    let file = try folder.write("text", to: "file.txt")
    #expect(throws: DatasetError(file.path, "a file, expected a folder")) { try ImageFolder.list(file) }
    let empty = #expect(throws: DatasetError.self) { try ImageFolder.list(folder.url) }
    #expect(empty?.reason == "no image (jpg, jpeg, png) in this folder")
  }

  @Test func unreadableImagesAreListedForWhoReadsThem() throws {
    try FileManager.default.createSymbolicLink(
      at: folder.path("broken.png"), withDestinationURL: folder.path("gone.png"))
    try folder.write("no image", to: "text.jpg")
    #expect(try ImageFolder.list(folder.url).map(\.name) == ["broken", "text"])
  }
}

@Suite struct SplitFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeImages(
      "images/a.png", "images/x/b.jpg", "images/y/b.png", "images/y/c_0.5.png", "images/d.png")
  }

  private func select(_ text: String) throws -> [String] {
    let split = try SplitFile(contentsOf: folder.write(text, to: "split.txt"))
    return try split.select(from: ImageFolder.list(folder.path("images"))).map(\.name)
  }

  @Test func selectsInTheOrderOfTheFile() throws {
    #expect(try select("# three\nd\n\n  a.png \nx/b.png") == ["d", "a", "x/b"])
  }

  @Test(arguments: ["y/c_0.5", "y/c_0.5.png", "c_0.5", "c_0.5.png", "y/c_0.5\r", "\u{FEFF}c_0.5\r\n"])
  func findsANameWithOrWithoutExtensionAndFolders(_ line: String) throws {
    #expect(try select(line + "\n") == ["y/c_0.5"])
  }

  @Test func readsLinesOfOtherSystems() throws {
    #expect(try select("d\r\na\r\n") == ["d", "a"])
  }

  @Test(arguments: [
    ("a\nmissing\n", "line 2", "'missing' is not among the 5 images"),
    ("c_0\n", "line 1", "'c_0' is not among the 5 images"),
    ("a.txt\n", "line 1", "'a.txt' is not among the 5 images"),
    ("a.7\n", "line 1", "'a.7' is not among the 5 images"),
    ("b\n", "line 1", "'b' could be x/b.jpg or y/b.png"),
    ("b.jpg\nx/b\n", "line 2", "'x/b' again, first on line 1"),
    ("a\nd\n\na.png\n", "line 4", "'a.png' again, first on line 1"),
    ("# nothing\n", "split.txt", "names no image"),
  ])
  func refuses(_ text: String, place: String, reason: String) {
    let error = #expect(throws: DatasetError.self) { try select(text) }
    #expect(error?.location.hasSuffix(place) == true, "\(String(describing: error))")
    #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func namesTheMissingFile() {
    let error = #expect(throws: DatasetError.self) { try SplitFile(contentsOf: folder.path("none.txt")) }
    #expect(error?.location.hasSuffix("none.txt") == true)
  }
}
