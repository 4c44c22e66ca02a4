import Foundation
import Imaging

/// The folder layouts of well-known data sets.
package enum KnownLayout: String, Sendable, CaseIterable {
  case voc
  case cityscapes
  case camvid

  package var classes: ClassList {
    switch self {
    case .voc:
      ClassList(
        names: [
          "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
          "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
          "tvmonitor",
        ], colors: Palette.voc(count: 21).colors)
    case .cityscapes:
      ClassList(names: CityscapesLabels.names, colors: CityscapesLabels.colors)
    case .camvid:
      ClassList(
        names: [
          "Sky", "Building", "Pole", "Road", "Pavement", "Tree", "SignSymbol", "Fence", "Car", "Pedestrian",
          "Bicyclist",
        ])
    }
  }

  package var ignoreLabel: UInt8 { self == .camvid ? 11 : 255 }

  /// The labelled images of a part of the data set.
  ///
  /// - Parameter part: `train`, `val`, or any list of `ImageSets/Segmentation` (VOC).
  package func dataset(root: URL, part: String, split: SplitFile? = nil) throws(DatasetError) -> SegmentationDataset {
    switch self {
    case .voc:
      let list: SplitFile
      if let split {
        list = split
      } else {
        list = try SplitFile(contentsOf: root.appendingPathComponent("ImageSets/Segmentation/\(part).txt"))
      }
      return SegmentationDataset(
        samples: try FolderPair.samples(
          images: root.appendingPathComponent("JPEGImages"),
          masks: root.appendingPathComponent("SegmentationClass"), split: list),
        classes: classes, ignoreLabel: ignoreLabel)
    case .camvid:
      let pair = Self.camvidFolders(root: root, part: part)
      return SegmentationDataset(
        samples: try FolderPair.samples(images: pair.images, masks: pair.masks, split: split), classes: classes,
        ignoreLabel: ignoreLabel)
    case .cityscapes:
      return try cityscapes(root: root, part: part, split: split)
    }
  }

  /// `part/images` and `part/masks`, or `part` and `partannot` as in SegNet's tutorial.
  private static func camvidFolders(root: URL, part: String) -> (images: URL, masks: URL) {
    let nested = root.appendingPathComponent(part).appendingPathComponent("images")
    if FileManager.default.fileExists(atPath: nested.path) {
      return (nested, root.appendingPathComponent(part).appendingPathComponent("masks"))
    }
    return (root.appendingPathComponent(part), root.appendingPathComponent(part + "annot"))
  }

  /// `…_gtFine_labelTrainIds.png` where it exists, `…_gtFine_labelIds.png` mapped to training ids otherwise.
  private func cityscapes(root: URL, part: String, split: SplitFile?) throws(DatasetError) -> SegmentationDataset {
    let images = root.appendingPathComponent("leftImg8bit").appendingPathComponent(part)
    let masks = root.appendingPathComponent("gtFine").appendingPathComponent(part)
    let all = try ImageFolder.list(images)
    let chosen = try split?.select(from: all) ?? all
    var samples: [Sample] = []
    var usesTrainIds: Bool?
    for sample in chosen {
      let stem = sample.name.replacingOccurrences(of: "_leftImg8bit", with: "")
      let trainIds = masks.appendingPathComponent(stem + "_gtFine_labelTrainIds.png")
      let labelIds = masks.appendingPathComponent(stem + "_gtFine_labelIds.png")
      let hasTrainIds = FileManager.default.fileExists(atPath: trainIds.path)
      guard hasTrainIds || FileManager.default.fileExists(atPath: labelIds.path) else {
        throw DatasetError(masks.path, "no mask for \(sample.name): expected \(labelIds.lastPathComponent)")
      }
      guard usesTrainIds ?? hasTrainIds == hasTrainIds else {
        throw DatasetError(masks.path, "some masks have labelTrainIds and some labelIds only, \(sample.name) differs")
      }
      usesTrainIds = hasTrainIds
      samples.append(Sample(name: sample.name, image: sample.image, mask: hasTrainIds ? trainIds : labelIds))
    }
    return SegmentationDataset(
      samples: samples, classes: classes, ignoreLabel: ignoreLabel,
      labelMapping: usesTrainIds == false ? CityscapesLabels.trainIds : nil)
  }
}

/// Cityscapes' classes. *Source*: the labels table of github.com/mcordts/cityscapesScripts.
private enum CityscapesLabels {
  static let names = [
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
    "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
  ]

  static let colors: [RGBColor] = [
    (128, 64, 128), (244, 35, 232), (70, 70, 70), (102, 102, 156), (190, 153, 153), (153, 153, 153),
    (250, 170, 30), (220, 220, 0), (107, 142, 35), (152, 251, 152), (70, 130, 180), (220, 20, 60), (255, 0, 0),
    (0, 0, 142), (0, 0, 70), (0, 60, 100), (0, 80, 100), (0, 0, 230), (119, 11, 32),
  ].map { RGBColor(red: $0.0, green: $0.1, blue: $0.2) }

  /// Label id of each training id.
  private static let ids = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]

  /// Training id of each label id; 255 for what is not evaluated.
  static var trainIds: [UInt8] {
    var table = [UInt8](repeating: 255, count: 256)
    for (trainId, id) in ids.enumerated() { table[id] = UInt8(trainId) }
    return table
  }
}
