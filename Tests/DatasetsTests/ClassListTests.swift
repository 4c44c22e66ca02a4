import Datasets
import Imaging
import Testing

@Suite struct ClassListTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ text: String) throws -> ClassList {
    try ClassList(contentsOf: folder.write(text, to: "classes.txt"))
  }

  @Test func readsNamesAndSkipsCommentsAndEmptyLines() throws {
    let classes = try read("# street\nroad\n\n  side walk  \n# more\nC#\n")
    #expect(classes.names == ["road", "side walk", "C#"])
    #expect(classes.count == 3)
    #expect(classes.colors == Palette.distinct(count: 3).colors)
    #expect(!classes.hasOwnColors)
  }

  @Test(arguments: ["road\r\nsky\r\n", "\u{FEFF}road\nsky", "road\rsky\r"])
  func readsFilesOfOtherSystems(_ text: String) throws {
    #expect(try read(text).names == ["road", "sky"])
  }

  @Test(arguments: [
    "side walk: 1,2,3\nsky:70, 130,180", "side walk 1 2 3\nsky 70 130 180",
    "side walk\t1\t2\t3\nsky: 70 130 180",
  ])
  func readsColors(_ text: String) throws {
    let classes = try read(text)
    #expect(classes.names == ["side walk", "sky"])
    #expect(
      classes.colors == [RGBColor(red: 1, green: 2, blue: 3), RGBColor(red: 70, green: 130, blue: 180)])
    #expect(classes.hasOwnColors)
  }

  @Test func numbersThatAreNoColorBelongToTheName() throws {
    #expect(try read("lane 2\nzone 1 2\ncar: small").names == ["lane 2", "zone 1 2", "car: small"])
  }

  @Test func readsColorsOfIgnoredPixels() throws {
    let classes = try read("road: 1,2,3\nignore: 0,0,0\nsky: 4,5,6\nignore: 9,9,9\n")
    #expect(classes.names == ["road", "sky"])
    #expect(
      classes.ignoredColors == [RGBColor(red: 0, green: 0, blue: 0), RGBColor(red: 9, green: 9, blue: 9)])
  }

  @Test(arguments: [
    ("road\nsky\nroad\n", "line 3", "'road' again, first on line 1"),
    ("road: 1,2,3\nsky: 1,2,3\n", "line 2", "colour (1, 2, 3) again, first of 'road'"),
    ("road: 1,2,3\nignore: 1,2,3\nsky: 3,4,5", "line 2", "colour (1, 2, 3) again, first of 'road'"),
    ("road\n: 1,2,3\n", "line 2", "without name"),
    ("road\n1 2 3\n", "line 2", "without name"),
    ("road: 300,1,2\nsky: 1,2,3\n", "line 1", "three numbers from 0 to 255"),
    ("road 1 2 256\nsky 1 2 3\n", "line 1", "three numbers from 0 to 255"),
    ("road: 1,2\nsky: 1,2,3\n", "line 1", "three numbers from 0 to 255"),
    ("road: 1,2,3\nsky\n", "line 2", "'sky' has no colour"),
    ("road\nsky: 1,2,3\n", "line 1", "'road' has no colour"),
    ("road\n", "classes.txt", "1 class, expected 2 to 255"),
    ("# nothing\n", "classes.txt", "0 classes, expected 2 to 255"),
  ])
  func refuses(_ text: String, place: String, reason: String) {
    let error = #expect(throws: DatasetError.self) { try read(text) }
    #expect(error?.location.hasSuffix(place) == true, "\(String(describing: error))")
    #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func acceptsAtMost255Classes() throws {
    let names = (0..<256).map { "c\($0)" }
    #expect(try read(names.dropLast().joined(separator: "\n")).count == 255)
    #expect(throws: DatasetError.self) { try read(names.joined(separator: "\n")) }
  }

  @Test func namesTheMissingFile() {
    let error = #expect(throws: DatasetError.self) { try ClassList(contentsOf: folder.path("none.txt")) }
    #expect(error?.location.hasSuffix("none.txt") == true)
  }
}
