import Datasets
import Foundation
import Testing

@Suite struct FolderPairTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func samples(split: String? = nil) throws -> [Sample] {
    try FolderPair.samples(
      images: folder.path("images"), masks: folder.path("masks"),
      split: split.map { try SplitFile(contentsOf: folder.write($0, to: "split.txt")) })
  }

  @Test func pairsByPathWithoutExtension() throws {
    try folder.writeImages("images/a.jpg", "images/s/a.png", "images/s/b.JPEG")
    try folder.writeMasks("masks/a.png", "masks/s/a.png", "masks/s/b.png")
    let samples = try samples()
    #expect(samples.map(\.name) == ["a", "s/a", "s/b"])
    let masks = samples.compactMap(\.mask).map {
      $0.path.replacingOccurrences(of: folder.url.path + "/", with: "")
    }
    #expect(masks == ["masks/a.png", "masks/s/a.png", "masks/s/b.png"])
  }

  @Test func refusesImagesWithoutMask() throws {
    try folder.writeImages("images/a.jpg", "images/b.jpg", "images/c.jpg", "images/d.jpg", "images/e.jpg")
    try folder.writeMasks("masks/c.png")
    let expected = DatasetError(folder.path("masks").path, "4 of 5 images have no mask: a, b, d, …")
    #expect(throws: expected) { try samples() }
  }

  @Test func refusesMasksWithoutImage() throws {
    try folder.writeImages("images/a.jpg")
    try folder.writeMasks("masks/a.png", "masks/b.png")
    let expected = DatasetError(folder.path("images").path, "1 of 2 masks has no image: b")
    #expect(throws: expected) { try samples() }
  }

  @Test func aSplitRestricts() throws {
    try folder.writeImages("images/a.jpg", "images/b.jpg", "images/c.jpg")
    try folder.writeMasks("masks/a.png", "masks/c.png", "masks/other.png")
    #expect(try samples(split: "c\na\n").map(\.name) == ["c", "a"])
    let expected = DatasetError(folder.path("masks").path, "1 of 2 images has no mask: b")
    #expect(throws: expected) { try samples(split: "a\nb\n") }
  }

  @Test(arguments: ["images", "masks"])
  func refusesTwoFilesOfOneName(_ part: String) throws {
    try folder.writeImages("images/a.jpg")
    try folder.writeMasks("masks/a.png")
    try folder.writeImages("\(part)/a.jpeg")
    let error = #expect(throws: DatasetError.self) { try samples() }
    #expect(error?.location == folder.path(part).path)
    #expect(error?.reason.contains("two files are called 'a': a.jp") == true, "\(String(describing: error))")
  }
}
