import Datasets
import Foundation
import Imaging
import Testing

@Suite struct MaskCheckTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func load(
    _ dataset: SegmentationDataset, classes: ClassList? = nil
  ) throws -> [UInt8] {
    let dataset = SegmentationDataset(
      samples: dataset.samples, classes: classes ?? dataset.classes, ignoreLabel: dataset.ignoreLabel)
    let loader = LabeledBatchLoader(labeled: dataset, batchSize: 1, augmentation: .none, seed: 1)
    return try loader.next().labels.labels
  }

  @Test func namesTheFirstUnknownLabel() throws {
    let mask = LabelMask.filled(width: 6, height: 5) { x, y in x == 4 && y == 2 ? 11 : 10 }
    let dataset = try folder.writeSample(.uniform(width: 6, height: 5, 1, 2, 3), mask: mask)
    let expected = DatasetError(
      folder.path("masks/one.png").path, "label 11 at x 4, y 2; expected 0 to 10, or 255 for ignored pixels")
    #expect(throws: expected) { try load(dataset) }
  }

  @Test func refusesAMaskOfAnotherSize() throws {
    let dataset = try folder.writeSample(
      .uniform(width: 6, height: 5, 1, 2, 3), mask: .uniform(width: 5, height: 6, 1))
    let expected = DatasetError(folder.path("masks/one.png").path, "the mask has 5×6 pixels, its image 6×5")
    #expect(throws: expected) { try load(dataset) }
  }

  /// An RGB mask of the classes' own colours, and black.
  private func colorMask() throws -> SegmentationDataset {
    let image = try folder.write(RGBImage.uniform(width: 3, height: 1, 1, 2, 3), to: "images/one.png")
    let mask = RGBImage(width: 3, height: 1, pixels: [40, 50, 60, 0, 0, 0, 10, 20, 30])
    let sample = Sample(name: "one", image: image, mask: try folder.write(mask, to: "masks/one.png"))
    return SegmentationDataset(samples: [sample], classes: TemporaryFolder.classes, ignoreLabel: 255)
  }

  private func classes(_ text: String) throws -> ClassList {
    try ClassList(contentsOf: folder.write(text, to: "classes.txt"))
  }

  @Test func readsColorMasksThroughTheClassFile() throws {
    let classes = try classes("road: 10,20,30\nsky: 40,50,60\nignore: 0,0,0\n")
    #expect(try load(colorMask(), classes: classes) == [1, 255, 0])
  }

  @Test func namesAColorOfNoClass() throws {
    let classes = try classes("road: 10,20,30\nsky: 40,50,60\n")
    let error = #expect(throws: ImageError.self) { try load(colorMask(), classes: classes) }
    #expect(error?.description.contains("one.png: colour (0, 0, 0) at x 1, y 0") == true)
  }

  @Test func colorMasksNeedAColorForEachClass() throws {
    let error = #expect(throws: ImageError.self) { try load(colorMask(), classes: classes("road\nsky\n")) }
    #expect(error?.reason.contains("an RGB mask, which needs") == true, "\(String(describing: error))")
  }
}
