import CImageCodecs
import Foundation

/// PNG and JPEG files, recognised by their first bytes and not by their names.
package enum ImageFile {
  /// Larger images are refused before anything is allocated for them. *Units*: pixels.
  package static let defaultPixelLimit = 268_435_456

  /// Decodes to RGB, the way up that the camera's EXIF orientation says.
  ///
  /// Palettes are looked up, grey is spread to three channels, 16 bits are rounded to 8, CMYK becomes RGB,
  /// and alpha is dropped: the colours stored under transparent pixels show, as in Pillow's
  /// `convert("RGB")`. Gamma and colour profiles are ignored, and so is an orientation stored in a PNG.
  ///
  /// *Throws*: if the file cannot be read, is neither PNG nor JPEG, is truncated or corrupt, or has more
  /// pixels than `pixelLimit`.
  package static func decode(
    at url: URL, pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> RGBImage {
    try decode(FileBytes.read(url), name: url.path, pixelLimit: pixelLimit)
  }

  /// - Parameter name: what errors call the image.
  package static func decode(
    _ bytes: [UInt8], name: String, pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> RGBImage {
    try EncodedImage(bytes, name: name, pixelLimit: pixelLimit).decoded()
  }

  /// Width and height as `decode` gives them (upright), from the header alone.
  package static func size(at url: URL) throws(ImageError) -> (width: Int, height: Int) {
    let image = try header(at: url)
    return image.orientation >= 5 ? (image.height, image.width) : (image.width, image.height)
  }

  /// The camera's EXIF orientation, which `decode` undoes. *Range*: 1 (as stored) to 8; from 5 on width and height
  /// change places.
  package static func orientation(at url: URL) throws(ImageError) -> Int { try header(at: url).orientation }

  private static func header(at url: URL) throws(ImageError) -> EncodedImage {
    let head = try FileBytes.read(url, limit: FileBytes.headerCount)
    if head.count == FileBytes.headerCount,
      let early = try? EncodedImage(head, name: url.path, pixelLimit: .max)
    {
      return early
    }
    return try EncodedImage(FileBytes.read(url), name: url.path, pixelLimit: .max)
  }
}

extension EncodedImage {
  func decoded() throws(ImageError) -> RGBImage {
    let count = width * height * 3
    var pixels = [UInt8](repeating: 0, count: count)
    try run { bytes, byteCount, message in
      switch format {
      case .png: image_codec_png_decode(bytes, byteCount, PNG_CODEC_AS_RGB, &pixels, count, message)
      case .jpeg: image_codec_jpeg_decode(bytes, byteCount, &pixels, count, message)
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels).turnedUpright(fromOrientation: orientation)
  }
}
