import CImageCodecs

/// PNG files in memory.
package enum PNGEncoder {
  package static func encode(_ image: RGBImage) -> [UInt8] {
    encode(image.pixels, width: image.width, height: image.height, channels: 3, palette: [])
  }

  /// One grey value a pixel, row-major.
  package static func encode(grey: [UInt8], width: Int, height: Int) -> [UInt8] {
    encode(grey, width: width, height: height, channels: 1, palette: [])
  }

  /// Labels as palette indices, which `MaskFile` reads back exactly.
  ///
  /// A palette shorter than the largest label is filled up with white, which is how an ignore label shows.
  package static func encode(mask: LabelMask, palette: Palette) -> [UInt8] {
    let needed = Int(mask.labels.max() ?? 0) + 1
    var colors = Array(palette.colors.prefix(256))
    while colors.count < needed { colors.append(RGBColor(red: 255, green: 255, blue: 255)) }
    return encode(
      mask.labels, width: mask.width, height: mask.height, channels: 1,
      palette: colors.flatMap { [$0.red, $0.green, $0.blue] })
  }

  private static func encode(
    _ pixels: [UInt8], width: Int, height: Int, channels: Int, palette: [UInt8]
  ) -> [UInt8] {
    precondition(width > 0 && height > 0 && pixels.count == width * height * channels)
    return EncodedBytes.collect { encoded, count, message in
      image_codec_png_encode(
        pixels, UInt32(width), UInt32(height), Int32(channels), palette.isEmpty ? nil : palette,
        Int32(palette.count / 3), encoded, count, message)
    }
  }
}

/// JPEG files in memory.
package enum JPEGEncoder {
  /// The longest side that the format allows.
  package static let maximumSide = 65_500

  /// - Parameters:
  ///   - quality: 1…100.
  ///   - subsampled: colour at half the resolution (4:2:0), for a smaller file.
  /// - Precondition: both sides at most `maximumSide`.
  package static func encode(_ image: RGBImage, quality: Int = 95, subsampled: Bool = false) -> [UInt8] {
    precondition((1...100).contains(quality))
    precondition(max(image.width, image.height) <= maximumSide, "a JPEG's sides have at most 65500 pixels")
    return EncodedBytes.collect { encoded, count, message in
      image_codec_jpeg_encode(
        image.pixels, UInt32(image.width), UInt32(image.height), Int32(quality), subsampled ? 1 : 0, encoded,
        count, message)
    }
  }
}

private enum EncodedBytes {
  typealias Call = (
    UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>, UnsafeMutablePointer<CChar>
  ) -> ImageCodecStatus

  static func collect(_ encode: Call) -> [UInt8] {
    var encoded: UnsafeMutablePointer<UInt8>?
    var count = 0
    var message = [CChar](repeating: 0, count: Int(IMAGE_CODEC_MESSAGE_CAPACITY))
    let status = encode(&encoded, &count, &message)
    // The sizes were checked: what remains is a lack of memory, which Swift's own arrays don't survive
    // either.
    precondition(status == IMAGE_CODEC_OK, "out of memory while encoding an image")
    defer { image_codec_release(encoded) }
    return Array(UnsafeBufferPointer(start: encoded, count: count))
  }
}
