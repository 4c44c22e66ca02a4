import Datasets
import Foundation
import Imaging
import Testing

@Suite struct DatasetSummaryTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func countsEverythingAndStopsAtNothing() throws {
    try folder.writeImages("images/a.png", "images/b.png", "images/c.png", "images/d.png")
    try folder.write(RGBImage.uniform(width: 2, height: 2, 1, 2, 3), to: "images/e.png")
    let mixed = LabelMask(width: 4, height: 3, labels: [0, 0, 2, 2, 2, 255, 255, 7, 7, 7, 7, 200])
    try folder.write(mixed, to: "masks/a.png")
    try folder.writeMasks("masks/b.png", label: 1)
    try folder.write("no mask", to: "masks/c.png")
    try folder.writeMasks("masks/d.png", "masks/e.png", label: 2)
    try folder.write("no image", to: "images/d.png")
    let classes = ClassList(names: ["road", "sky", "car"])
    var samples = try FolderPair.samples(images: folder.path("images"), masks: folder.path("masks"))
    let bare = try folder.write(RGBImage.uniform(width: 9, height: 1, 1, 2, 3), to: "more/f.png")
    samples.append(Sample(name: "f", image: bare))
    let summary = DatasetSummary(
      of: SegmentationDataset(samples: samples, classes: classes, ignoreLabel: 255))
    #expect(summary.imageCount == 6)
    #expect(summary.labeledCount == 2)
    #expect(
      summary.sizes == [
        .init(width: 4, height: 3): 3, .init(width: 2, height: 2): 1, .init(width: 9, height: 1): 1,
      ])
    #expect(summary.pixelsOfClass == [2, 12, 3])
    #expect(summary.ignoredPixels == 2)
    #expect(summary.imagesOfClass == [1, 1, 1])
    #expect(
      summary.unknownValues.map { [Int($0.value), $0.pixels, $0.x, $0.y] } == [
        [7, 4, 3, 1], [200, 1, 3, 2],
      ])
    #expect(
      summary.unknownValues.map(\.description)[0]
        == "\(folder.path("masks/a.png").path): value 7 is no class and not ignored, 4 pixels, the first at x 3, y 1"
    )
    #expect(summary.problems.map(\.name) == ["c", "d", "e"])
    #expect(summary.problems[0].reason.hasPrefix(folder.path("masks/c.png").path))
    #expect(summary.problems[1].reason.hasPrefix(folder.path("images/d.png").path))
    #expect(summary.problems[2].reason.hasSuffix("the mask has 4×3 pixels, its image 2×2"))
  }

  @Test func countsLabelsAndNotStoredValuesWhereTheyDiffer() throws {
    try folder.writeImages("leftImg8bit/val/a/a_1_leftImg8bit.png")
    let ids = LabelMask(width: 4, height: 3, labels: [7, 7, 7, 26, 0, 0, 255, 40, 40, 8, 8, 33])
    try folder.write(ids, to: "gtFine/val/a/a_1_gtFine_labelIds.png")
    let summary = DatasetSummary(of: try KnownLayout.cityscapes.dataset(root: folder.url, part: "val"))
    var expected = [Int](repeating: 0, count: 19)
    (expected[0], expected[1], expected[13], expected[18]) = (3, 2, 1, 1)
    #expect(summary.pixelsOfClass == expected)
    #expect(summary.ignoredPixels == 3)
    #expect(summary.imagesOfClass.reduce(0, +) == 4)
    #expect(summary.unknownValues.map { [Int($0.value), $0.pixels] } == [[40, 2]])
    #expect(summary.problems.isEmpty)
  }
}
