/// Pictures that show labels or numbers on the image they belong to.
package enum Overlay {
  /// Tints each pixel with the colour of its class.
  ///
  /// A label without a colour in `palette`, such as the ignore label, leaves the image as it is.
  ///
  /// *Range*: `opacity` 0 (the image) to 1 (the palette's colours).
  /// - Precondition: image and mask have the same size.
  package static func labels(
    on image: RGBImage, mask: LabelMask, palette: Palette, opacity: Float = 0.5
  ) -> RGBImage {
    precondition(image.width == mask.width && image.height == mask.height)
    let weight = fixedPoint(opacity)
    var result = image
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      palette.colors.withUnsafeBufferPointer { colors in
        mask.labels.withUnsafeBufferPointer { labels in
          for index in 0..<labels.count where Int(labels[index]) < colors.count {
            blend(pixels, at: 3 * index, with: colors[Int(labels[index])], weight: weight)
          }
        }
      }
    }
    return result
  }

  /// Lays a heat map over the image in pale greys: the higher the value, the more of its colour shows.
  ///
  /// A value of 0 leaves the grey image, a value of 1 shows `opacity` of its colour. The greys are kept away from
  /// black and white, where the dark and the light end of the scale would not stand out.
  ///
  /// *Shape*: `values` row-major `[height, width]` of the image. *Range*: values and `opacity` 0…1.
  package static func heat(on image: RGBImage, values: [Float], opacity: Float = 0.8) -> RGBImage {
    precondition(values.count == image.width * image.height)
    let colors = HeatMap.render(values, width: image.width, height: image.height)
    var result = image.grayscale()
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      for index in 0..<pixels.count { pixels[index] = paleGrey(pixels[index]) }
      for index in 0..<values.count {
        let value = values[index].isNaN ? 1 : max(0, min(1, values[index]))
        // The root lets small values show: an error probability of 0.1 is worth a look.
        let weight = fixedPoint(opacity * value.squareRoot())
        let color = RGBColor(
          red: colors.pixels[3 * index], green: colors.pixels[3 * index + 1],
          blue: colors.pixels[3 * index + 2])
        blend(pixels, at: 3 * index, with: color, weight: weight)
      }
    }
    return result
  }

  /// *Range*: 80…225.
  private static func paleGrey(_ value: UInt8) -> UInt8 { 80 + UInt8(Int(value) * 145 / 255) }

  private static func fixedPoint(_ opacity: Float) -> Int { Int(max(0, min(1, opacity)) * 256 + 0.5) }

  @inline(__always)
  private static func blend(
    _ pixels: UnsafeMutableBufferPointer<UInt8>, at index: Int, with color: RGBColor, weight: Int
  ) {
    pixels[index] = mix(pixels[index], color.red, weight)
    pixels[index + 1] = mix(pixels[index + 1], color.green, weight)
    pixels[index + 2] = mix(pixels[index + 2], color.blue, weight)
  }

  @inline(__always)
  private static func mix(_ below: UInt8, _ above: UInt8, _ weight: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (Int(below) * (256 - weight) + Int(above) * weight + 128) >> 8)
  }
}
