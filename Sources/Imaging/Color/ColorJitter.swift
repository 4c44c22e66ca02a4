/// One change of colour, by torchvision's definitions; values are clamped to 0…255 after each.
package enum ColorChange: Sendable, Equatable {
  /// Multiplies all channels. *Range*: from 0.
  case brightness(Float)
  /// Blends with the mean grey of the image.
  case contrast(Float)
  /// Blends with the grey of each pixel.
  case saturation(Float)
  /// Turns the hue. *Range*: −0.5…0.5 of the circle.
  case hue(Float)
  /// Replaces colour by grey.
  case grayscale
}

extension RGBImage {
  /// Applies `changes` one after the other.
  ///
  /// Intermediate values are rounded to 8 bits, as torchvision's are on 8-bit images.
  package func changingColors(_ changes: [ColorChange]) -> RGBImage {
    var result = self
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      for change in changes { Self.apply(change, to: pixels) }
    }
    return result
  }

  private static func apply(_ change: ColorChange, to pixels: UnsafeMutableBufferPointer<UInt8>) {
    switch change {
    case .brightness(let factor):
      blend(pixels, factor: factor) { _ in 0 }
    case .contrast(let factor):
      var total = 0.0
      for i in stride(from: 0, to: pixels.count, by: 3) { total += Double(grey(pixels, i).rounded(.down)) }
      let mean = Float(total / Double(pixels.count / 3))
      blend(pixels, factor: factor) { _ in mean }
    case .saturation(let factor):
      blend(pixels, factor: factor) { grey(pixels, $0).rounded(.down) }
    case .hue(let turn):
      for i in stride(from: 0, to: pixels.count, by: 3) { turnHue(pixels, i, by: turn) }
    case .grayscale:
      for i in stride(from: 0, to: pixels.count, by: 3) {
        let value = UInt8(grey(pixels, i))
        for c in 0..<3 { pixels[i + c] = value }
      }
    }
  }

  /// ITU-R 601 luma.
  private static func grey(_ pixels: UnsafeMutableBufferPointer<UInt8>, _ i: Int) -> Float {
    0.2989 * Float(pixels[i]) + 0.587 * Float(pixels[i + 1]) + 0.114 * Float(pixels[i + 2])
  }

  private static func blend(
    _ pixels: UnsafeMutableBufferPointer<UInt8>, factor: Float, _ other: (Int) -> Float
  ) {
    for i in stride(from: 0, to: pixels.count, by: 3) {
      let offset = (1 - factor) * other(i)
      for c in 0..<3 { pixels[i + c] = UInt8(max(0, min(255, factor * Float(pixels[i + c]) + offset))) }
    }
  }

  private static func turnHue(_ pixels: UnsafeMutableBufferPointer<UInt8>, _ i: Int, by turn: Float) {
    let scale: Float = 1 / 255
    var color = HSVColor(
      red: Float(pixels[i]) * scale, green: Float(pixels[i + 1]) * scale, blue: Float(pixels[i + 2]) * scale)
    let hue = color.hue + turn
    color.hue = hue - hue.rounded(.down)
    let rgb = color.rgb
    pixels[i] = rgb.red
    pixels[i + 1] = rgb.green
    pixels[i + 2] = rgb.blue
  }
}
