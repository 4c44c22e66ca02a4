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
          "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
          "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
          "train",
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
  /// - Parameters:
  ///   - part: `train`, `val`, or any list of `ImageSets/Segmentation` (VOC).
  ///   - split: restricts to the names of the file; for VOC it takes the place of the part's list.
  package func dataset(root: URL, part: String, split: SplitFile? = nil) throws(DatasetError)
    -> SegmentationDataset
  {
    switch self {
    case .voc:
      try paired(
        images: root.appendingPathComponent("JPEGImages"),
        masks: root.appendingPathComponent("SegmentationClass"),
        split: try list(root: root, part: part, split: split))
    case .camvid:
      try paired(
        images: Self.camvidFolders(root: root, part: part).images,
        masks: Self.camvidFolders(root: root, part: part).masks, split: split)
    case .cityscapes:
      try CityscapesMasks(folder: root.appendingPathComponent("gtFine/\(part)"))
        .dataset(
          of: images(root: root, part: part, split: split), classes: classes, ignoreLabel: ignoreLabel)
    }
  }

  /// The images of a part, whether they have masks or not.
  package func images(root: URL, part: String, split: SplitFile? = nil) throws(DatasetError) -> [Sample] {
    let folder =
      switch self {
      case .voc: root.appendingPathComponent("JPEGImages")
      case .camvid: Self.camvidFolders(root: root, part: part).images
      case .cityscapes: root.appendingPathComponent("leftImg8bit/\(part)")
      }
    let list = try list(root: root, part: part, split: split)
    let all = try ImageFolder.list(folder)
    return try list?.select(from: all) ?? all
  }

  private func paired(images: URL, masks: URL, split: SplitFile?) throws(DatasetError) -> SegmentationDataset
  {
    SegmentationDataset(
      samples: try FolderPair.samples(images: images, masks: masks, split: split), classes: classes,
      ignoreLabel: ignoreLabel)
  }

  /// What restricts a part; only VOC has lists of its own.
  private func list(root: URL, part: String, split: SplitFile?) throws(DatasetError) -> SplitFile? {
    if split != nil || self != .voc { return split }
    return try SplitFile(contentsOf: root.appendingPathComponent("ImageSets/Segmentation/\(part).txt"))
  }

  /// `part/images` and `part/masks`, or `part` and `partannot` as in SegNet's tutorial.
  private static func camvidFolders(root: URL, part: String) -> (images: URL, masks: URL) {
    let folder = root.appendingPathComponent(part)
    let nested = folder.appendingPathComponent("images")
    if FileManager.default.fileExists(atPath: nested.path) {
      return (nested, folder.appendingPathComponent("masks"))
    }
    return (folder, root.appendingPathComponent(part + "annot"))
  }
}
