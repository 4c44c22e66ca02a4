extension RGBImage {
  package func flippedHorizontally() -> RGBImage {
    var result = self
    for y in 0..<height {
      for x in 0..<width {
        let (source, target) = ((y * width + x) * 3, (y * width + width - 1 - x) * 3)
        for c in 0..<3 { result.pixels[target + c] = pixels[source + c] }
      }
    }
    return result
  }

  /// A window that may reach beyond the image, where it shows `padding`.
  package func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int, padding: RGBColor)
    -> RGBImage
  {
    var result = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
    for i in stride(from: 0, to: result.count, by: 3) {
      (result[i], result[i + 1], result[i + 2]) = (padding.red, padding.green, padding.blue)
    }
    let columns = max(0, x)..<max(max(0, x), min(width, x + newWidth))
    for row in max(0, y)..<max(max(0, y), min(height, y + newHeight)) where !columns.isEmpty {
      let source = (row * width + columns.lowerBound) * 3
      let target = ((row - y) * newWidth + columns.lowerBound - x) * 3
      result.replaceSubrange(
        target..<target + columns.count * 3, with: pixels[source..<source + columns.count * 3])
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: result)
  }

  /// Undoes the camera's rotation. - Parameter orientation: EXIF's, 1 to 8.
  func turnedUpright(fromOrientation orientation: Int) -> RGBImage {
    guard (2...8).contains(orientation) else { return self }
    let swaps = orientation >= 5
    let (newWidth, newHeight) = swaps ? (height, width) : (width, height)
    var result = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        var (sourceX, sourceY) = swaps ? (y, x) : (x, y)
        if [2, 3, 7, 8].contains(orientation) { sourceX = width - 1 - sourceX }
        if [3, 4, 6, 7].contains(orientation) { sourceY = height - 1 - sourceY }
        let (source, target) = ((sourceY * width + sourceX) * 3, (y * newWidth + x) * 3)
        for c in 0..<3 { result[target + c] = pixels[source + c] }
      }
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: result)
  }
}

extension LabelMask {
  package func flippedHorizontally() -> LabelMask {
    var result = self
    for y in 0..<height {
      for x in 0..<width { result.labels[y * width + width - 1 - x] = labels[y * width + x] }
    }
    return result
  }

  /// A window that may reach beyond the mask, where it shows `padding`.
  package func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int, padding: UInt8)
    -> LabelMask
  {
    var result = [UInt8](repeating: padding, count: newWidth * newHeight)
    let columns = max(0, x)..<max(max(0, x), min(width, x + newWidth))
    for row in max(0, y)..<max(max(0, y), min(height, y + newHeight)) where !columns.isEmpty {
      let source = row * width + columns.lowerBound
      let target = (row - y) * newWidth + columns.lowerBound - x
      result.replaceSubrange(target..<target + columns.count, with: labels[source..<source + columns.count])
    }
    return LabelMask(width: newWidth, height: newHeight, labels: result)
  }
}
