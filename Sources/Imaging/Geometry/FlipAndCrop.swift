extension RGBImage {
  /// The mirror image, left and right swapped.
  package func flippedHorizontally() -> RGBImage {
    let result = [UInt8](unsafeUninitializedCapacity: pixels.count) { result, count in
      pixels.withUnsafeBufferPointer { pixels in
        for y in 0..<height {
          var source = y * width * 3
          var target = source + (width - 1) * 3
          for _ in 0..<width {
            result[target] = pixels[source]
            result[target + 1] = pixels[source + 1]
            result[target + 2] = pixels[source + 2]
            source += 3
            target -= 3
          }
        }
      }
      count = pixels.count
    }
    return RGBImage(width: width, height: height, pixels: result)
  }

  /// The window with its upper left corner at `x`, `y`; where it reaches beyond the image it shows
  /// `padding`.
  package func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int, padding: RGBColor)
    -> RGBImage
  {
    precondition(newWidth > 0 && newHeight > 0)
    let window = CropWindow(
      x: x, y: y, width: newWidth, height: newHeight, sourceWidth: width, sourceHeight: height)
    let total = newWidth * newHeight * 3
    let result = [UInt8](unsafeUninitializedCapacity: total) { result, count in
      if !window.isInside {
        for i in stride(from: 0, to: total, by: 3) {
          result[i] = padding.red
          result[i + 1] = padding.green
          result[i + 2] = padding.blue
        }
      }
      window.copy(pixels, into: result, channels: 3)
      count = total
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: result)
  }

  /// Undoes the camera's rotation. - Parameter orientation: EXIF's, 1…8.
  func turnedUpright(fromOrientation orientation: Int) -> RGBImage {
    guard (2...8).contains(orientation) else { return self }
    let swapsAxes = orientation >= 5
    let fromRight = [2, 3, 7, 8].contains(orientation)
    let fromBottom = [3, 4, 6, 7].contains(orientation)
    let (newWidth, newHeight) = swapsAxes ? (height, width) : (width, height)
    // Where the first output pixel lies, and how far apart in the source its right and lower neighbours
    // are.
    let corner = ((fromBottom ? height - 1 : 0) * width + (fromRight ? width - 1 : 0)) * 3
    let (along, across) = ((fromRight ? -3 : 3), (fromBottom ? -3 : 3) * width)
    let (columnStep, rowStep) = swapsAxes ? (across, along) : (along, across)
    let result = [UInt8](unsafeUninitializedCapacity: pixels.count) { result, count in
      pixels.withUnsafeBufferPointer { pixels in
        var target = 0
        for y in 0..<newHeight {
          var source = corner + y * rowStep
          for _ in 0..<newWidth {
            result[target] = pixels[source]
            result[target + 1] = pixels[source + 1]
            result[target + 2] = pixels[source + 2]
            target += 3
            source += columnStep
          }
        }
      }
      count = pixels.count
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: result)
  }
}

extension LabelMask {
  /// The mirror image, left and right swapped.
  package func flippedHorizontally() -> LabelMask {
    let result = [UInt8](unsafeUninitializedCapacity: labels.count) { result, count in
      labels.withUnsafeBufferPointer { labels in
        for y in 0..<height {
          let (first, last) = (y * width, y * width + width - 1)
          for x in 0..<width { result[last - x] = labels[first + x] }
        }
      }
      count = labels.count
    }
    return LabelMask(width: width, height: height, labels: result)
  }

  /// The window with its upper left corner at `x`, `y`; where it reaches beyond the mask it holds
  /// `padding`.
  package func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int, padding: UInt8)
    -> LabelMask
  {
    precondition(newWidth > 0 && newHeight > 0)
    let window = CropWindow(
      x: x, y: y, width: newWidth, height: newHeight, sourceWidth: width, sourceHeight: height)
    let result = [UInt8](unsafeUninitializedCapacity: newWidth * newHeight) { result, count in
      if !window.isInside { result.initialize(repeating: padding) }
      window.copy(labels, into: result, channels: 1)
      count = newWidth * newHeight
    }
    return LabelMask(width: newWidth, height: newHeight, labels: result)
  }
}

/// A window over an image, and the part of it that lies inside.
private struct CropWindow {
  let x: Int
  let y: Int
  let width: Int
  let sourceWidth: Int
  /// In the source's coordinates.
  let columns: Range<Int>
  let rows: Range<Int>
  let isInside: Bool

  init(x: Int, y: Int, width: Int, height: Int, sourceWidth: Int, sourceHeight: Int) {
    (self.x, self.y, self.width, self.sourceWidth) = (x, y, width, sourceWidth)
    columns = (x..<x + width).clamped(to: 0..<sourceWidth)
    rows = (y..<y + height).clamped(to: 0..<sourceHeight)
    isInside = columns.count == width && rows.count == height
  }

  func copy(_ source: [UInt8], into target: UnsafeMutableBufferPointer<UInt8>, channels: Int) {
    guard !columns.isEmpty else { return }
    source.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress, let target = target.baseAddress else { return }
      for row in rows {
        (target + ((row - y) * width + columns.lowerBound - x) * channels).update(
          from: source + (row * sourceWidth + columns.lowerBound) * channels, count: columns.count * channels)
      }
    }
  }
}
