import CImageCodecs
import Foundation

/// Label masks: PNG files whose pixels name classes.
package enum MaskFile {
  /// Reads the class of each pixel exactly as stored, never scaled and never gamma-corrected.
  ///
  /// - A palette mask gives its indices, whatever the palette's colours.
  /// - A grey mask of 1 to 16 bits gives its values; 16-bit values must fit 0…255.
  /// - An RGB mask of 8 bits is mapped through `colors`.
  ///
  /// Alpha is dropped, and `colors` is used for RGB masks only.
  ///
  /// *Throws*: as `ImageFile.decode`, and if the file is a JPEG, an RGB mask without `colors`, or has a
  /// colour or a value that names no class.
  package static func decode(
    at url: URL, colors: ColorTable? = nil, pixelLimit: Int = ImageFile.defaultPixelLimit
  ) throws(ImageError) -> LabelMask {
    try decode(FileBytes.read(url), name: url.path, colors: colors, pixelLimit: pixelLimit)
  }

  /// - Parameter name: what errors call the mask.
  package static func decode(
    _ bytes: [UInt8], name: String, colors: ColorTable? = nil, pixelLimit: Int = ImageFile.defaultPixelLimit
  ) throws(ImageError) -> LabelMask {
    let encoded = try EncodedImage(bytes, name: name, pixelLimit: pixelLimit)
    guard let header = encoded.png else {
      throw ImageError(
        file: name, reason: "a JPEG as label mask: lossy compression has changed its values; expected a PNG")
    }
    switch (PNGColorType(header.colorType), header.bitDepth) {
    case (PNG_CODEC_RGB, let depth), (PNG_CODEC_RGB_ALPHA, let depth):
      return try encoded.colorMask(bitDepth: Int(depth), colors: colors)
    case (_, 16):
      return try encoded.wideMask()
    default:
      return try encoded.storedMask()
    }
  }
}

extension EncodedImage {
  /// Palette indices or grey values of at most 8 bits.
  fileprivate func storedMask() throws(ImageError) -> LabelMask {
    let count = width * height
    var labels = [UInt8](repeating: 0, count: count)
    try run { image_codec_png_decode($0, $1, PNG_CODEC_AS_STORED_8, &labels, count, $2) }
    return LabelMask(width: width, height: height, labels: labels)
  }

  /// 16-bit grey values, each of which must fit a label.
  fileprivate func wideMask() throws(ImageError) -> LabelMask {
    let count = width * height
    var values = [UInt16](repeating: 0, count: count)
    try run { bytes, byteCount, message in
      values.withUnsafeMutableBytes {
        image_codec_png_decode(
          bytes, byteCount, PNG_CODEC_AS_STORED_16, $0.baseAddress, 2 * count, message)
      }
    }
    if let index = values.firstIndex(where: { $0 > 255 }) {
      throw ImageError(
        file: name,
        reason: "16-bit mask with value \(values[index]) at x \(index % width), y \(index / width); "
          + "expected labels of 0 to 255")
    }
    return LabelMask(width: width, height: height, labels: values.map { UInt8($0) })
  }

  fileprivate func colorMask(bitDepth: Int, colors: ColorTable?) throws(ImageError) -> LabelMask {
    guard let colors else {
      throw ImageError(
        file: name,
        reason:
          "an RGB mask, which needs the colour of each class; expected palette indices or grey values")
    }
    guard bitDepth == 8 else {
      throw ImageError(file: name, reason: "an RGB mask of \(bitDepth) bits a channel; expected 8")
    }
    return try colors.mask(of: decoded(), name: name)
  }
}
