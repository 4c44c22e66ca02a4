import Foundation
import Imaging

/// A folder that lives as long as its test.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "errata-datasets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> URL { url.appendingPathComponent(name) }

  @discardableResult
  func write(_ text: String, to name: String) throws -> URL {
    try AtomicFile.write(Array(text.utf8), to: path(name))
    return path(name)
  }

  /// JPEG where the name says so, else PNG.
  @discardableResult
  func write(_ image: RGBImage, to name: String) throws -> URL {
    let isJPEG = ["jpg", "jpeg"].contains(path(name).pathExtension.lowercased())
    try AtomicFile.write(isJPEG ? JPEGEncoder.encode(image) : PNGEncoder.encode(image), to: path(name))
    return path(name)
  }

  /// A grey PNG.
  @discardableResult
  func write(_ mask: LabelMask, to name: String) throws -> URL {
    try AtomicFile.write(
      PNGEncoder.encode(grey: mask.labels, width: mask.width, height: mask.height), to: path(name))
    return path(name)
  }

  /// 4×3 pixels of one colour; where only the name matters.
  func writeImages(_ names: String...) throws {
    for name in names { try write(RGBImage.uniform(width: 4, height: 3, 90, 100, 110), to: name) }
  }

  /// 4×3 pixels of one class.
  func writeMasks(_ names: String..., label: UInt8 = 0) throws {
    for name in names { try write(LabelMask.uniform(width: 4, height: 3, label), to: name) }
  }
}

extension RGBImage {
  static func uniform(width: Int, height: Int, _ red: UInt8, _ green: UInt8, _ blue: UInt8) -> RGBImage {
    RGBImage(
      width: width, height: height,
      pixels: Array((0..<width * height).map { _ in [red, green, blue] }.joined()))
  }

  /// Each pixel says where it is: red = x, green = y, blue = `tag`.
  static func positions(width: Int, height: Int, tag: UInt8 = 200) -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width { pixels += [UInt8(x), UInt8(y), tag] }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}

extension LabelMask {
  static func uniform(width: Int, height: Int, _ label: UInt8) -> LabelMask {
    LabelMask(width: width, height: height, labels: [UInt8](repeating: label, count: width * height))
  }

  static func filled(width: Int, height: Int, _ label: (_ x: Int, _ y: Int) -> UInt8) -> LabelMask {
    var labels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width { labels.append(label(x, y)) }
    }
    return LabelMask(width: width, height: height, labels: labels)
  }
}
