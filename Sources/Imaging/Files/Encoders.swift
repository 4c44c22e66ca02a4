import CImageCodecs

/// PNG files in memory.
package enum PNGEncoder {
  package static func encode(_ image: RGBImage) -> [UInt8] {
    encode(image.pixels, width: image.width, height: image.height, channels: 3, palette: nil)
  }

  /// *Range*: one value a pixel, written as grey.
  package static func encode(grey: [UInt8], width: Int, height: Int) -> [UInt8] {
    encode(grey, width: width, height: height, channels: 1, palette: nil)
  }

  /// Written as palette indices; a palette shorter than the largest label is filled up with white.
  package static func encode(mask: LabelMask, palette: Palette) -> [UInt8] {
    let needed = Int(mask.labels.max() ?? 0) + 1
    var colors = palette.colors
    while colors.count < needed { colors.append(RGBColor(red: 255, green: 255, blue: 255)) }
    let flat = colors.prefix(256).flatMap { [$0.red, $0.green, $0.blue] }
    return encode(mask.labels, width: mask.width, height: mask.height, channels: 1, palette: flat)
  }

  private static func encode(
    _ pixels: [UInt8], width: Int, height: Int, channels: Int, palette: [UInt8]?
  ) -> [UInt8] {
    precondition(pixels.count == width * height * channels)
    return EncodedBytes.collect { buffer, message in
      ec_png_encode(
        pixels, UInt32(width), UInt32(height), UInt32(channels), palette, UInt32((palette?.count ?? 0) / 3), 4,
        buffer, message)
    }
  }
}

/// JPEG files in memory.
package enum JPEGEncoder {
  /// - Parameter subsampled: colour at half the resolution (4:2:0), half the size.
  package static func encode(_ image: RGBImage, quality: Int = 95, subsampled: Bool = false) -> [UInt8] {
    precondition((1...100).contains(quality))
    return EncodedBytes.collect { buffer, message in
      ec_jpeg_encode(
        image.pixels, UInt32(image.width), UInt32(image.height), Int32(quality), subsampled ? 1 : 0, buffer, message)
    }
  }
}

private enum EncodedBytes {
  static func collect(
    _ encode: (UnsafeMutablePointer<ec_buffer>, UnsafeMutablePointer<CChar>) -> Int32
  ) -> [UInt8] {
    var buffer = ec_buffer()
    var message = [CChar](repeating: 0, count: Int(ec_message_size))
    let status = encode(&buffer, &message)
    // Sizes were checked; what remains is memory.
    precondition(status == 0, "encoding failed")
    defer { ec_release(&buffer) }
    return Array(UnsafeBufferPointer(start: buffer.data, count: buffer.count))
  }
}
