import CImageCodecs
import Foundation

/// PNG and JPEG files, recognised by their first bytes and not by their names.
package enum ImageFile {
  /// Larger images are refused before anything is allocated. *Units*: pixels.
  package static let defaultPixelLimit = 268_435_456

  /// Decodes to RGB: palettes are looked up, 16 bits scaled, alpha dropped, CMYK converted, EXIF orientation applied.
  package static func decode(
    at url: URL, pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> RGBImage {
    try decode(read(url), name: url.path, pixelLimit: pixelLimit)
  }

  /// - Parameter name: what errors call the image.
  package static func decode(
    _ bytes: [UInt8], name: String, pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> RGBImage {
    let header = try EncodedImage(bytes, name: name, pixelLimit: pixelLimit)
    var pixels = [UInt8](repeating: 0, count: header.width * header.height * 3)
    try header.run { bytes, count, message in
      header.isPNG
        ? ec_png_decode_rgb(bytes, count, &pixels, message) : ec_jpeg_decode_rgb(bytes, count, &pixels, message)
    }
    return RGBImage(width: header.width, height: header.height, pixels: pixels)
      .turnedUpright(fromOrientation: header.orientation)
  }

  /// Width and height as decoded, from the header alone.
  package static func size(at url: URL) throws(ImageError) -> (width: Int, height: Int) {
    let header = try EncodedImage(read(url), name: url.path, pixelLimit: .max)
    return header.orientation >= 5 ? (header.height, header.width) : (header.width, header.height)
  }

  static func read(_ url: URL) throws(ImageError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: url))
    } catch {
      throw ImageError(file: url.path, reason: "cannot be read: \(error.localizedDescription)")
    }
  }
}

/// The bytes of an image file, and what its header says.
struct EncodedImage {
  let bytes: [UInt8]
  let name: String
  let isPNG: Bool
  private let info: ec_image_info

  var width: Int { Int(info.width) }
  var height: Int { Int(info.height) }
  var orientation: Int { Int(info.orientation) }
  /// Whether pixels are single numbers: palette indices or grey values.
  var isIndexed: Bool { info.is_palette != 0 || info.channels <= 2 }

  init(_ bytes: [UInt8], name: String, pixelLimit: Int) throws(ImageError) {
    self.bytes = bytes
    self.name = name
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      isPNG = true
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      isPNG = false
    } else {
      let found = bytes.isEmpty ? "an empty file" : "first bytes \(bytes.prefix(4).map { String($0, radix: 16) })"
      throw ImageError(file: name, reason: "neither PNG nor JPEG: \(found)")
    }
    var info = ec_image_info()
    let isPNG = isPNG
    try Self.run(bytes, name: name) { bytes, count, message in
      isPNG ? ec_png_info(bytes, count, &info, message) : ec_jpeg_info(bytes, count, &info, message)
    }
    self.info = info
    let (pixels, overflow) = Int(info.width).multipliedReportingOverflow(by: Int(info.height))
    guard !overflow, pixels <= pixelLimit else {
      throw ImageError(
        file: name, reason: "\(info.width)×\(info.height) pixels, more than the limit of \(pixelLimit)")
    }
    guard pixels > 0 else { throw ImageError(file: name, reason: "an image without pixels") }
  }

  typealias Call = (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<CChar>?) -> Int32

  func run(_ call: Call) throws(ImageError) { try Self.run(bytes, name: name, call) }

  private static func run(_ bytes: [UInt8], name: String, _ call: Call) throws(ImageError) {
    var message = [CChar](repeating: 0, count: Int(ec_message_size))
    let status = bytes.withUnsafeBufferPointer { bytes in
      message.withUnsafeMutableBufferPointer { call(bytes.baseAddress, bytes.count, $0.baseAddress) }
    }
    guard status == 0 else {
      let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ImageError(file: name, reason: "damaged image: \(text)")
    }
  }
}
