extension RGBImage {
  /// The image with the frame of a box drawn into it.
  ///
  /// The frame lies inside the box, so that boxes side by side don't hide each other's; what lies outside the
  /// image is left out.
  ///
  /// *Units*: pixels; `x`, `y` is the upper left corner.
  package func drawingBox(
    x: Int, y: Int, width boxWidth: Int, height boxHeight: Int, color: RGBColor, thickness: Int = 2
  ) -> RGBImage {
    var result = self
    let sides = min(thickness, (boxWidth + 1) / 2)
    let caps = min(thickness, (boxHeight + 1) / 2)
    result.fill(x: x, y: y, width: boxWidth, height: caps, color: color)
    result.fill(x: x, y: y + boxHeight - caps, width: boxWidth, height: caps, color: color)
    result.fill(x: x, y: y, width: sides, height: boxHeight, color: color)
    result.fill(x: x + boxWidth - sides, y: y, width: sides, height: boxHeight, color: color)
    return result
  }

  /// The image with the borders between classes drawn into it, on both sides of each border.
  ///
  /// - Parameter palette: each class's border colour; labels without one have no border on their side.
  /// - Precondition: image and mask have the same size.
  package func drawingOutlines(of mask: LabelMask, palette: Palette) -> RGBImage {
    precondition(width == mask.width && height == mask.height)
    var result = self
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      mask.labels.withUnsafeBufferPointer { labels in
        for y in 0..<height {
          for x in 0..<width {
            let index = y * width + x
            let label = labels[index]
            guard Int(label) < palette.colors.count else { continue }
            let isBorder =
              (x > 0 && labels[index - 1] != label) || (x + 1 < width && labels[index + 1] != label)
              || (y > 0 && labels[index - width] != label)
              || (y + 1 < height && labels[index + width] != label)
            guard isBorder else { continue }
            let color = palette.colors[Int(label)]
            pixels[3 * index] = color.red
            pixels[3 * index + 1] = color.green
            pixels[3 * index + 2] = color.blue
          }
        }
      }
    }
    return result
  }

  /// The same border colour for every class.
  package func drawingOutlines(of mask: LabelMask, color: RGBColor) -> RGBImage {
    drawingOutlines(of: mask, palette: Palette(Array(repeating: color, count: 256)))
  }

  /// Fills the part of a rectangle that lies inside the image.
  mutating func fill(x: Int, y: Int, width: Int, height: Int, color: RGBColor) {
    let columns = (x..<x + max(0, width)).clamped(to: 0..<self.width)
    let rows = (y..<y + max(0, height)).clamped(to: 0..<self.height)
    let stride = self.width
    pixels.withUnsafeMutableBufferPointer { pixels in
      for row in rows {
        for column in columns {
          let index = 3 * (row * stride + column)
          pixels[index] = color.red
          pixels[index + 1] = color.green
          pixels[index + 2] = color.blue
        }
      }
    }
  }

  /// Copies a whole image to `x`, `y`. - Precondition: it fits.
  mutating func place(_ image: RGBImage, x: Int, y: Int) {
    precondition(x >= 0 && y >= 0 && x + image.width <= width && y + image.height <= height)
    let stride = width
    pixels.withUnsafeMutableBufferPointer { target in
      image.pixels.withUnsafeBufferPointer { source in
        guard let target = target.baseAddress, let source = source.baseAddress else { return }
        for row in 0..<image.height {
          (target + ((y + row) * stride + x) * 3).update(
            from: source + row * image.width * 3, count: image.width * 3)
        }
      }
    }
  }
}
