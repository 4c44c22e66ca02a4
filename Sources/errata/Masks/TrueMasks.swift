import ArgumentParser
import Datasets
import Foundation
import Imaging

/// True masks that predictions are compared with.
struct TrueMasks {
  let classNames: [String]
  let colors: [RGBColor]
  let ignoreLabel: UInt8

  /// The labels of a mask, row by row.
  ///
  /// - Throws: for another size than the image's, and for values that are neither a class nor ignored.
  func read(_ url: URL, width: Int, height: Int) throws -> [UInt8] {
    let mask = try MaskFile.decode(at: url, colors: ColorTable(colors))
    guard mask.width == width, mask.height == height else {
      throw DatasetError(
        url.path, "the mask has \(mask.width)×\(mask.height) pixels, its image \(width)×\(height)")
    }
    if let index = mask.labels.firstIndex(where: { Int($0) >= classNames.count && $0 != ignoreLabel }) {
      throw DatasetError(
        url.path,
        "label \(mask.labels[index]) at x \(index % width), y \(index / width); expected 0 to "
          + "\(classNames.count - 1), or --ignore \(ignoreLabel)")
    }
    return mask.labels
  }

  /// - Throws: if the ignored value is a class.
  func checkIgnoreLabel() throws {
    guard Int(ignoreLabel) < classNames.count else { return }
    throw ValidationError("--ignore \(ignoreLabel) is the index of class '\(classNames[Int(ignoreLabel)])'.")
  }
}
