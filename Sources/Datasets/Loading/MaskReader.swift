import Foundation
import Imaging

/// Reads masks of a data set, and lets nothing pass that is neither a class nor ignored.
package struct MaskReader: Sendable {
  private let dataset: SegmentationDataset
  private let colors: ColorTable?

  package init(_ dataset: SegmentationDataset) {
    self.dataset = dataset
    let classes = dataset.classes
    colors =
      classes.hasOwnColors
      ? ColorTable(classes.colors, ignored: classes.ignoredColors, ignoreLabel: dataset.ignoreLabel) : nil
  }

  /// A mask of labels.
  ///
  /// - Parameters:
  ///   - width: of the mask's image.
  ///   - height: of the mask's image.
  /// - Throws: `ImageError` for a file that cannot be read, `DatasetError` for another size and unknown labels.
  package func read(_ url: URL, width: Int, height: Int) throws -> LabelMask {
    var mask = try readStored(url, width: width, height: height)
    let table = labelOfValue
    if let index = mask.labels.firstIndex(where: { table[Int($0)] == nil }) {
      throw DatasetError(
        url.path,
        "label \(mask.labels[index]) at x \(index % width), y \(index / width); expected \(expectation)")
    }
    if dataset.labelMapping != nil {
      for index in mask.labels.indices { mask.labels[index] = table[Int(mask.labels[index])] ?? 0 }
    }
    return mask
  }

  /// A mask of the values that the file holds, whatever they are.
  func readStored(_ url: URL, width: Int, height: Int) throws -> LabelMask {
    let mask = try MaskFile.decode(at: url, colors: colors)
    guard mask.width == width, mask.height == height else {
      throw DatasetError(
        url.path, "the mask has \(mask.width)×\(mask.height) pixels, its image \(width)×\(height)")
    }
    return mask
  }

  /// The label of each value, `nil` where it has none.
  var labelOfValue: [UInt8?] {
    dataset.labelMapping
      ?? (0...255).map { Int($0) < dataset.classes.count || $0 == dataset.ignoreLabel ? $0 : nil }
  }

  private var expectation: String {
    guard dataset.labelMapping == nil else { return "one of the data set's label ids" }
    return "0 to \(dataset.classes.count - 1), or \(dataset.ignoreLabel) for ignored pixels"
  }
}
