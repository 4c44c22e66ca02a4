import Foundation
import Imaging

/// The masks of one part of Cityscapes.
struct CityscapesMasks {
  let folder: URL

  /// `…_gtFine_labelTrainIds.png` where every image has one, `…_gtFine_labelIds.png` mapped to training ids
  /// otherwise.
  func dataset(
    of images: [Sample], classes: ClassList, ignoreLabel: UInt8
  ) throws(DatasetError) -> SegmentationDataset {
    func labeled(_ kind: String) -> [Sample] {
      images.map { Sample(name: $0.name, image: $0.image, mask: mask(of: $0, kind: kind)) }
    }
    let trainIds = labeled("labelTrainIds")
    if trainIds.allSatisfy({ $0.mask != nil }) {
      return SegmentationDataset(samples: trainIds, classes: classes, ignoreLabel: ignoreLabel)
    }
    let labelIds = labeled("labelIds")
    let unmatched = labelIds.filter { $0.mask == nil }
    guard unmatched.isEmpty else {
      throw DatasetError.unmatched(unmatched, of: images.count, what: "image", lacking: "mask", in: folder)
    }
    return SegmentationDataset(
      samples: labelIds, classes: classes, ignoreLabel: ignoreLabel, labelMapping: CityscapesLabels.trainIds)
  }

  private func mask(of sample: Sample, kind: String) -> URL? {
    let suffix = "_leftImg8bit"
    let stem = sample.name.hasSuffix(suffix) ? String(sample.name.dropLast(suffix.count)) : sample.name
    let url = folder.appendingPathComponent("\(stem)_gtFine_\(kind).png")
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }
}

/// Cityscapes' classes. *Source*: the labels table of github.com/mcordts/cityscapesScripts.
enum CityscapesLabels {
  static let names = [
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
    "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
  ]

  static let colors: [RGBColor] = [
    (128, 64, 128), (244, 35, 232), (70, 70, 70), (102, 102, 156), (190, 153, 153), (153, 153, 153),
    (250, 170, 30), (220, 220, 0), (107, 142, 35), (152, 251, 152), (70, 130, 180), (220, 20, 60),
    (255, 0, 0),
    (0, 0, 142), (0, 0, 70), (0, 60, 100), (0, 80, 100), (0, 0, 230), (119, 11, 32),
  ].map { RGBColor(red: $0.0, green: $0.1, blue: $0.2) }

  /// Label id of each training id.
  private static let ids = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]

  /// Training id of each label id; 255 for what is not evaluated, among it the licence plates' −1, stored as
  /// 255.
  static var trainIds: [UInt8?] {
    var table = [UInt8?](repeating: nil, count: 256)
    for id in Array(0...33) + [255] { table[id] = 255 }
    for (trainId, id) in ids.enumerated() { table[id] = UInt8(trainId) }
    return table
  }
}
