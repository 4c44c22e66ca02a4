import Datasets
import Foundation
import Imaging
import Testing

@Suite struct KnownLayoutTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func labels(_ dataset: SegmentationDataset) throws -> [String: Set<UInt8>] {
    var configuration = AugmentationConfiguration()
    configuration.flipProbability = 0
    let loader = LabeledBatchLoader(labeled: dataset, batchSize: 1, augmentation: configuration, seed: 1)
    defer { loader.stop() }
    var found: [String: Set<UInt8>] = [:]
    for _ in dataset.samples {
      let batch = try loader.next()
      found[batch.names[0]] = Set(batch.labels.labels)
    }
    return found
  }

  @Test(arguments: [(KnownLayout.voc, 21, 255), (.cityscapes, 19, 255), (.camvid, 11, 11)])
  func classes(_ layout: KnownLayout, count: Int, ignore: Int) {
    #expect(layout.classes.count == count)
    #expect(layout.classes.colors.count == count)
    #expect(Set(layout.classes.names).count == count)
    #expect(layout.ignoreLabel == UInt8(ignore))
  }

  @Test func classesOfKnownDataSets() {
    #expect(KnownLayout.voc.classes.names[15] == "person")
    #expect(KnownLayout.voc.classes.colors[15] == RGBColor(red: 192, green: 128, blue: 128))
    #expect(KnownLayout.cityscapes.classes.names[13] == "car")
    #expect(KnownLayout.cityscapes.classes.colors[13] == RGBColor(red: 0, green: 0, blue: 142))
    #expect(KnownLayout.camvid.classes.names[8] == "Car")
  }

  @Test func vocReadsItsLists() throws {
    try folder.writeImages("JPEGImages/2007_1.jpg", "JPEGImages/2007_2.jpg", "JPEGImages/2007_3.jpg")
    try folder.writeMasks("SegmentationClass/2007_1.png", label: 20)
    let mask = LabelMask.filled(width: 4, height: 3) { x, _ in x == 0 ? 255 : 15 }
    let indexed = PNGEncoder.encode(mask: mask, palette: .voc(count: 256))
    try AtomicFile.write(indexed, to: folder.path("SegmentationClass/2007_3.png"))
    try folder.write("2007_3\n2007_1\n", to: "ImageSets/Segmentation/train.txt")
    let dataset = try KnownLayout.voc.dataset(root: folder.url, part: "train")
    #expect(dataset.samples.map(\.name) == ["2007_3", "2007_1"])
    #expect(try labels(dataset) == ["2007_1": [20], "2007_3": [15, 255]])
    let split = try SplitFile(contentsOf: folder.write("2007_1", to: "mine.txt"))
    #expect(try KnownLayout.voc.dataset(root: folder.url, part: "train", split: split).samples.count == 1)
    let error = #expect(throws: DatasetError.self) {
      try KnownLayout.voc.dataset(root: folder.url, part: "val")
    }
    #expect(error?.location.hasSuffix("ImageSets/Segmentation/val.txt") == true)
  }

  @Test func vocImagesNeedNoMasks() throws {
    try folder.writeImages("JPEGImages/a.jpg", "JPEGImages/b.jpg")
    try folder.write("b\n", to: "ImageSets/Segmentation/extra.txt")
    #expect(try KnownLayout.voc.images(root: folder.url, part: "extra").map(\.name) == ["b"])
    #expect(throws: DatasetError.self) { try KnownLayout.voc.dataset(root: folder.url, part: "extra") }
  }

  @Test func cityscapesMapsLabelIds() throws {
    try folder.writeImages("leftImg8bit/train/aachen/aachen_1_leftImg8bit.png")
    let ids: [UInt8] = [7, 33, 0, 255, 26, 24, 29, 6, 30, 8, 11, 1]
    let mask = LabelMask(width: 4, height: 3, labels: ids)
    try folder.write(mask, to: "gtFine/train/aachen/aachen_1_gtFine_labelIds.png")
    try folder.writeMasks("gtFine/train/aachen/aachen_1_gtFine_instanceIds.png", label: 3)
    let dataset = try KnownLayout.cityscapes.dataset(root: folder.url, part: "train")
    #expect(dataset.samples.map(\.name) == ["aachen/aachen_1_leftImg8bit"])
    var configuration = AugmentationConfiguration()
    configuration.flipProbability = 0
    let loader = LabeledBatchLoader(labeled: dataset, batchSize: 1, augmentation: configuration, seed: 1)
    #expect(try loader.next().labels.labels == [0, 18, 255, 255, 13, 11, 255, 255, 255, 1, 2, 255])
  }

  @Test func cityscapesRefusesUnknownLabelIds() throws {
    try folder.writeImages("leftImg8bit/train/a/a_1_leftImg8bit.png")
    let mask = LabelMask.filled(width: 4, height: 3) { x, y in x == 2 && y == 1 ? 34 : 7 }
    try folder.write(mask, to: "gtFine/train/a/a_1_gtFine_labelIds.png")
    let dataset = try KnownLayout.cityscapes.dataset(root: folder.url, part: "train")
    let error = #expect(throws: DatasetError.self) { try labels(dataset) }
    #expect(error?.location.hasSuffix("a_1_gtFine_labelIds.png") == true)
    #expect(error?.reason.hasPrefix("label 34 at x 2, y 1;") == true, "\(String(describing: error))")
  }

  @Test func cityscapesPrefersTrainIdsWhereAllHaveThem() throws {
    let masks = "gtFine/val/a/"
    try folder.writeImages("leftImg8bit/val/a/a_1_leftImg8bit.png", "leftImg8bit/val/a/a_2_leftImg8bit.png")
    try folder.writeMasks(masks + "a_1_gtFine_labelIds.png", masks + "a_2_gtFine_labelIds.png", label: 7)
    try folder.writeMasks(masks + "a_1_gtFine_labelTrainIds.png", label: 5)
    let name = "a/a_1_leftImg8bit"
    let mixed = try KnownLayout.cityscapes.dataset(root: folder.url, part: "val")
    #expect(try labels(mixed)[name] == [0])
    try folder.writeMasks(masks + "a_2_gtFine_labelTrainIds.png", label: 6)
    let complete = try KnownLayout.cityscapes.dataset(root: folder.url, part: "val")
    #expect(try labels(complete) == [name: [5], "a/a_2_leftImg8bit": [6]])
  }

  @Test func cityscapesCountsMissingMasks() throws {
    for index in 1...5 { try folder.writeImages("leftImg8bit/train/a/a_\(index)_leftImg8bit.png") }
    try folder.writeMasks("gtFine/train/a/a_3_gtFine_labelIds.png")
    let error = #expect(throws: DatasetError.self) {
      try KnownLayout.cityscapes.dataset(root: folder.url, part: "train")
    }
    #expect(error?.reason.hasPrefix("4 of 5 images have no mask: a/a_1_leftImg8bit, ") == true)
  }

  @Test func camvidHasTwoForms() throws {
    try folder.writeImages("ours/train/images/a.jpg", "segnet/train/b.png")
    try folder.writeMasks("ours/train/masks/a.png", "segnet/trainannot/b.png", label: 11)
    let ours = try KnownLayout.camvid.dataset(root: folder.path("ours"), part: "train")
    let segnet = try KnownLayout.camvid.dataset(root: folder.path("segnet"), part: "train")
    #expect(try labels(ours) == ["a": [11]])
    #expect(try labels(segnet) == ["b": [11]])
    let error = #expect(throws: DatasetError.self) {
      try KnownLayout.camvid.dataset(root: folder.path("segnet"), part: "val")
    }
    #expect(error?.reason == "no such folder")
  }

  /// Beside the repository; its licence keeps it out.
  private static let camvid = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/data/camvid").standardizedFileURL

  @Test(.enabled(if: FileManager.default.fileExists(atPath: camvid.path)))
  func realCamVid() throws {
    let dataset = try KnownLayout.camvid.dataset(root: Self.camvid, part: "val")
    #expect(dataset.samples.count == 101)
    #expect(try KnownLayout.camvid.dataset(root: Self.camvid, part: "train").samples.count == 367)
    let loader = LabeledBatchLoader(
      labeled: dataset, batchSize: 4, augmentation: AugmentationConfiguration(), seed: 3)
    let batch = try loader.next()
    #expect(batch.images.shape == [4, 360, 480, 3])
    #expect(batch.labels.shape == [4, 360, 480])
    #expect(batch.labels.labels.allSatisfy { $0 <= 11 })
    #expect(Set(batch.labels.labels).isSuperset(of: [0, 1, 3, 5]))
    let mean = batch.images.values.reduce(0.0) { $0 + Double($1) } / Double(batch.images.count)
    #expect(abs(mean) < 1)
  }
}
