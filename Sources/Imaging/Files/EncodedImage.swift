import CImageCodecs

/// The bytes of a PNG or JPEG file, and what its header says.
struct EncodedImage {
  enum Format {
    case png, jpeg
  }

  let bytes: [UInt8]
  let name: String
  let format: Format
  /// As stored: `orientation` is not applied yet.
  let width: Int
  let height: Int
  /// EXIF orientation. *Range*: 1…8; always 1 in a PNG.
  let orientation: Int
  /// What only a PNG has.
  let png: PNGHeader?

  /// Reads the header; nothing is allocated for pixels, and nothing can be larger than `pixelLimit`
  /// afterwards.
  init(_ bytes: [UInt8], name: String, pixelLimit: Int) throws(ImageError) {
    self.bytes = bytes
    self.name = name
    format = try Self.format(of: bytes, name: name)
    switch format {
    case .png:
      var header = PNGHeader()
      try Self.run(bytes, name: name, format) { image_codec_png_header($0, $1, &header, $2) }
      (width, height, orientation) = (Int(header.width), Int(header.height), 1)
      png = header
    case .jpeg:
      var header = JPEGHeader()
      try Self.run(bytes, name: name, format) { image_codec_jpeg_header($0, $1, &header, $2) }
      (width, height) = (Int(header.width), Int(header.height))
      orientation = Int(header.orientation)
      png = nil
    }
    // Both codecs refuse an image without pixels, and their sides have at most 31 bits: no overflow.
    guard width * height <= pixelLimit else {
      throw ImageError(
        file: name, reason: "\(width)×\(height) = \(width * height) pixels; the limit is \(pixelLimit)")
    }
  }

  /// The format by the first bytes: names lie.
  static func format(of bytes: [UInt8], name: String) throws(ImageError) -> Format {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    let found =
      bytes.isEmpty
      ? "an empty file"
      : "a file that begins with "
        + bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    throw ImageError(file: name, reason: "expected a PNG or JPEG image, found \(found)")
  }

  typealias Call = (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<CChar>?) -> ImageCodecStatus

  /// Calls the codec and makes its complaint an error that names the file.
  func run(_ call: Call) throws(ImageError) { try Self.run(bytes, name: name, format, call) }

  private static func run(
    _ bytes: [UInt8], name: String, _ format: Format, _ call: Call
  ) throws(ImageError) {
    var message = [CChar](repeating: 0, count: Int(IMAGE_CODEC_MESSAGE_CAPACITY))
    let status = bytes.withUnsafeBufferPointer { bytes in
      message.withUnsafeMutableBufferPointer { call(bytes.baseAddress, bytes.count, $0.baseAddress) }
    }
    guard status != IMAGE_CODEC_OK else { return }
    let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let kind = format == .png ? "PNG" : "JPEG"
    throw ImageError(
      file: name, reason: status == IMAGE_CODEC_DAMAGED ? "damaged \(kind): \(text)" : "\(kind): \(text)")
  }
}
