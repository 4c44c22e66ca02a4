/// One change of colour, by torchvision's definitions for 8-bit images: results are limited to 0…255, and
/// their fraction is cut off.
package enum ColorChange: Sendable, Equatable {
  /// Multiplies all channels. *Range*: from 0; 1 changes nothing.
  case brightness(Float)
  /// Blends with the mean grey of the image. *Range*: from 0 (all grey); 1 changes nothing.
  case contrast(Float)
  /// Blends with the grey of each pixel. *Range*: from 0 (all grey); 1 changes nothing.
  case saturation(Float)
  /// Turns the hue. *Range*: −0.5…0.5 of the circle.
  case hue(Float)
  /// Replaces colour by grey.
  case grayscale
}

extension RGBImage {
  /// Applies `changes` one after the other.
  package func changingColors(_ changes: [ColorChange]) -> RGBImage {
    var result = self
    result.pixels.withUnsafeMutableBufferPointer { buffer in
      guard let pixels = buffer.baseAddress else { return }
      for change in changes { apply(change, to: pixels, count: buffer.count) }
    }
    return result
  }

  /// ITU-R 601 luma in all three channels, with torchvision's weights, which add up to 0.9999: white
  /// becomes 254.
  package func grayscale() -> RGBImage { changingColors([.grayscale]) }
}

private func apply(_ change: ColorChange, to pixels: UnsafeMutablePointer<UInt8>, count: Int) {
  switch change {
  case .brightness(let factor):
    blend(pixels, count: count, with: 0, factor: factor)
  case .contrast(let factor):
    var total = 0
    for i in stride(from: 0, to: count, by: 3) { total += Int(luma(pixels + i)) }
    blend(pixels, count: count, with: Float(Double(total) / Double(count / 3)), factor: factor)
  case .saturation(let factor):
    for i in stride(from: 0, to: count, by: 3) {
      let pixel = pixels + i
      let grey = (1 - factor) * Float(Int32(luma(pixel)))
      pixel[0] = limited(factor * Float(pixel[0]) + grey)
      pixel[1] = limited(factor * Float(pixel[1]) + grey)
      pixel[2] = limited(factor * Float(pixel[2]) + grey)
    }
  case .hue(let turn):
    let forward = turn - turn.rounded(.down)
    for i in stride(from: 0, to: count, by: 3) { turnHue(pixels + i, forward: forward) }
  case .grayscale:
    for i in stride(from: 0, to: count, by: 3) {
      let pixel = pixels + i
      let grey = UInt8(luma(pixel))
      pixel[0] = grey
      pixel[1] = grey
      pixel[2] = grey
    }
  }
}

@inline(__always)
private func luma(_ pixel: UnsafeMutablePointer<UInt8>) -> Float {
  0.2989 * Float(pixel[0]) + 0.587 * Float(pixel[1]) + 0.114 * Float(pixel[2])
}

@inline(__always)
private func limited(_ value: Float) -> UInt8 { UInt8(max(0, min(255, value))) }

/// A blend with one grey for the whole image depends on the channel's value alone: 256 results are worked
/// out.
private func blend(_ pixels: UnsafeMutablePointer<UInt8>, count: Int, with grey: Float, factor: Float) {
  let offset = (1 - factor) * grey
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
    for value in 0..<256 { table[value] = limited(factor * Float(value) + offset) }
    for i in 0..<count { pixels[i] = table[Int(pixels[i])] }
  }
}

/// HSV and back, without the detour over the saturation. *Range*: `turn` 0…1.
private func turnHue(_ pixel: UnsafeMutablePointer<UInt8>, forward turn: Float) {
  let (red, green, blue) = (Float(pixel[0]), Float(pixel[1]), Float(pixel[2]))
  let value = max(red, green, blue)
  let chroma = value - min(red, green, blue)
  // Grey has no hue.
  if chroma == 0 { return }
  var hue: Float
  if value == red {
    hue = Hue.red + (green - blue) / chroma
  } else if value == green {
    hue = Hue.green + (blue - red) / chroma
  } else {
    hue = Hue.blue + (red - green) / chroma
  }
  hue += 6 * turn
  // torchvision's way back to 8 bits: 256 equal steps, of which the last is closed.
  let scale: Float = 255.999 / 255
  pixel[0] = limited((value - chroma * (1 - Hue.share(hue, of: Hue.red))) * scale)
  pixel[1] = limited((value - chroma * (1 - Hue.share(hue, of: Hue.green))) * scale)
  pixel[2] = limited((value - chroma * (1 - Hue.share(hue, of: Hue.blue))) * scale)
}
