import CImageCodecs
import Foundation

/// Label masks: PNG files whose pixels name classes.
package enum MaskFile {
  /// Reads palette indices or grey values exactly as stored; RGB masks are mapped through `colors`.
  ///
  /// libpng's simplified interface is not used: with a gAMA chunk it changes the values of grey masks.
  package static func decode(
    at url: URL, colors: ColorTable? = nil, pixelLimit: Int = ImageFile.defaultPixelLimit
  ) throws(ImageError) -> LabelMask {
    try decode(ImageFile.read(url), name: url.path, colors: colors, pixelLimit: pixelLimit)
  }

  package static func decode(
    _ bytes: [UInt8], name: String, colors: ColorTable? = nil, pixelLimit: Int = ImageFile.defaultPixelLimit
  ) throws(ImageError) -> LabelMask {
    let header = try EncodedImage(bytes, name: name, pixelLimit: pixelLimit)
    guard header.isPNG else {
      throw ImageError(file: name, reason: "a JPEG as label mask: its values are not exact; expected PNG")
    }
    guard header.isIndexed else {
      guard let colors else {
        throw ImageError(
          file: name, reason: "an RGB mask, which needs the colour of each class; expected indices or grey values")
      }
      return try colors.mask(of: ImageFile.decode(bytes, name: name, pixelLimit: pixelLimit), name: name)
    }
    var labels = [UInt8](repeating: 0, count: header.width * header.height)
    try header.run { bytes, count, message in ec_png_decode_index(bytes, count, &labels, message) }
    return LabelMask(width: header.width, height: header.height, labels: labels)
  }
}
