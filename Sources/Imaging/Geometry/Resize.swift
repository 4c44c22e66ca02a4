/// How pixels are weighed when an image changes its size.
package enum ResizeFilter: Sendable, CaseIterable {
  /// A triangle, widened when shrinking so that it covers every source pixel: Pillow's `BILINEAR`,
  /// PyTorch's `interpolate(antialias=True)`. When enlarging it is the same as `bilinear`.
  case antialiased
  /// The two nearest pixels along each axis, whatever the scale: PyTorch's
  /// `interpolate(align_corners=False)`. Skips source pixels when shrinking to less than half.
  case bilinear
  /// The mean over the area that an output pixel covers; when enlarging, the nearest pixel. For large
  /// reductions such as thumbnails, where it costs half of `antialiased`.
  case area
}

extension RGBImage {
  /// Resamples with pixel centres at half-integer positions, rounding to the nearest 8-bit value.
  package func resized(
    width newWidth: Int, height newHeight: Int, filter: ResizeFilter = .antialiased
  ) -> RGBImage {
    precondition(newWidth > 0 && newHeight > 0)
    if newWidth == width && newHeight == height { return self }
    let horizontal = ResamplingTaps(input: width, output: newWidth, filter: filter)
    let vertical = ResamplingTaps(input: height, output: newHeight, filter: filter)
    let (rowCount, sourceRowCount) = (newWidth * 3, width * 3)
    let result = [UInt8](unsafeUninitializedCapacity: newHeight * rowCount) { result, count in
      pixels.withUnsafeBufferPointer { pixels in
        // Source rows, already resampled horizontally: row r in slot r mod the taps of an output row. They
        // are needed in ascending order, so that each is made once.
        withUnsafeTemporaryAllocation(of: Float.self, capacity: (vertical.count + 1) * rowCount) { scratch in
          guard let rows = scratch.baseAddress, let source = pixels.baseAddress,
            let target = result.baseAddress
          else { return }
          let sum = rows + vertical.count * rowCount
          var nextRow = 0
          for y in 0..<newHeight {
            let first = vertical.starts[y]
            nextRow = max(nextRow, first)
            while nextRow < first + vertical.count {
              horizontal.apply(
                to: source + nextRow * sourceRowCount, into: rows + nextRow % vertical.count * rowCount)
              nextRow += 1
            }
            vertical.sum(output: y, of: rows, rowCount: rowCount, into: sum)
            roundToBytes(sum, into: target + y * rowCount, count: rowCount)
          }
        }
      }
      count = newHeight * rowCount
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: result)
  }
}

/// Rounds to the nearest integer (ties to even) after limiting to 0…255.
///
/// Adding 2²³ leaves the integer in the lowest bits of the float: unlike a conversion, that vectorises.
private func roundToBytes(_ values: UnsafePointer<Float>, into bytes: UnsafeMutablePointer<UInt8>, count: Int)
{
  for i in 0..<count {
    let limited = max(0, min(255, values[i]))
    bytes[i] = UInt8(truncatingIfNeeded: (limited + 8_388_608).bitPattern)
  }
}

extension LabelMask {
  /// Each pixel takes the class under its centre: class ids are never interpolated.
  ///
  /// This is PyTorch's `nearest-exact` and Pillow's `NEAREST`, aligned with the images' bilinear resize.
  package func resizedNearest(width newWidth: Int, height newHeight: Int) -> LabelMask {
    precondition(newWidth > 0 && newHeight > 0)
    if newWidth == width && newHeight == height { return self }
    let columns = (0..<newWidth).map { (2 * $0 + 1) * width / (2 * newWidth) }
    let result = [UInt8](unsafeUninitializedCapacity: newWidth * newHeight) { result, count in
      labels.withUnsafeBufferPointer { labels in
        columns.withUnsafeBufferPointer { columns in
          for y in 0..<newHeight {
            let source = (2 * y + 1) * height / (2 * newHeight) * width
            let target = y * newWidth
            for x in 0..<newWidth { result[target + x] = labels[source + columns[x]] }
          }
        }
      }
      count = newWidth * newHeight
    }
    return LabelMask(width: newWidth, height: newHeight, labels: result)
  }
}
