import Foundation
import Imaging

/// The files of Tests/Fixtures/Imaging, and what Pillow, torch and the scripts say about them.
enum Fixture {
  struct Decoded: Decodable, Sendable {
    let width: Int
    let height: Int
    let rgb: Hex
    let labels: Hex?
  }

  struct Changes: Decodable, Sendable {
    struct Resized: Decodable, Sendable {
      let width: Int
      let height: Int
      let bilinear: [Float]
      let antialiased: [Float]
      let area: [Float]?
      let nearest: Hex
    }

    struct Change: Decodable, Sendable {
      let kind: String
      let factor: Float
      let rgb: Hex
    }

    let width: Int
    let height: Int
    let rgb: Hex
    let labels: Hex
    let resized: [Resized]
    let changes: [Change]

    var image: RGBImage { RGBImage(width: width, height: height, pixels: rgb.bytes) }
    var mask: LabelMask { LabelMask(width: width, height: height, labels: labels.bytes) }
  }

  /// Bytes written as hexadecimal digits.
  struct Hex: Decodable, Sendable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
      let text = Array(try decoder.singleValueContainer().decode(String.self))
      bytes = stride(from: 0, to: text.count, by: 2).map {
        UInt8(String(text[$0...($0 + 1)]), radix: 16) ?? 0
      }
    }
  }

  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/Imaging")

  static func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

  static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url(name))) }

  static func load<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
    try JSONDecoder().decode(type, from: Data(contentsOf: url(name)))
  }

  static let png = (try? load("png.json", as: [String: Decoded].self)) ?? [:]
  static let jpeg = (try? load("jpeg.json", as: [String: Decoded].self)) ?? [:]

  /// A folder of its own for `body`, removed afterwards.
  static func inTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("imaging-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}

/// The largest difference of two rows of bytes; 256 if their lengths differ.
func largestDifference(_ a: [UInt8], _ b: [UInt8]) -> Int {
  guard a.count == b.count else { return 256 }
  return zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0
}

/// A small image whose pixels differ from their neighbours.
func gradient(width: Int, height: Int) -> RGBImage {
  var pixels: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      pixels += [UInt8(x * 255 / width), UInt8(y * 255 / height), UInt8((x + y) % 256)]
    }
  }
  return RGBImage(width: width, height: height, pixels: pixels)
}
