import TensorCore

/// Sums over rectangles of an image, each in four additions.
package struct SummedArea {
  private let width: Int
  private let height: Int
  /// `[height + 1, width + 1]`: the sum of all values above and to the left.
  private let sums: [Double]

  /// - Parameter values: row-major `[height, width]`.
  package init(_ values: [Float], width: Int, height: Int) {
    precondition(values.count == width * height)
    self.width = width
    self.height = height
    let stride = width + 1
    sums = [Double](unsafeUninitializedCapacity: stride * (height + 1)) { sums, filled in
      for x in 0..<stride { sums[x] = 0 }
      values.withUnsafeBufferPointer { values in
        for y in 0..<height {
          var row = 0.0
          let (above, here) = (y * stride, (y + 1) * stride)
          sums[here] = 0
          for x in 0..<width {
            row += Double(values[y * width + x])
            sums[here + x + 1] = sums[above + x + 1] + row
          }
        }
      }
      filled = stride * (height + 1)
    }
  }

  /// The mean over the part of the window of `2 radius + 1` pixels a side that lies in the image, for each pixel.
  ///
  /// - Parameter plane: of the image's size.
  package func means(radius: Int, into plane: inout [Float]) {
    precondition(plane.count == width * height && radius >= 0)
    let stride = width + 1
    sums.withUnsafeBufferPointer { sums in
      plane.withUnsafeMutableBufferPointer { plane in
        guard let sums = sums.baseAddress else { return }
        for y in 0..<height {
          let (top, bottom) = (max(0, y - radius), min(height, y + radius + 1))
          PixelFunctions.windowMeans(
            between: sums + top * stride, and: sums + bottom * stride, rows: bottom - top, radius: radius,
            into: UnsafeMutableBufferPointer(rebasing: plane[y * width..<(y + 1) * width]))
        }
      }
    }
  }
}

/// How much of a pixel's surroundings has the pixel's own label.
package enum LabelShare {
  /// One plane a radius. *Range*: above 0, up to 1.
  package static func planes(_ labels: [UInt8], width: Int, height: Int, radii: [Int]) -> [[Float]] {
    precondition(labels.count == width * height)
    var planes = radii.map { _ in [Float](repeating: 0, count: labels.count) }
    let pixels = pixelsByLabel(labels)
    var counts = [Int32](repeating: 0, count: (width + 1) * (height + 1))
    for label in 0..<256 where !pixels[label].isEmpty {
      count(UInt8(label), in: labels, width: width, into: &counts)
      for (index, radius) in radii.enumerated() {
        shares(of: pixels[label], counts, width: width, height: height, radius: radius, into: &planes[index])
      }
    }
    return planes
  }

  /// The positions of every label's pixels.
  private static func pixelsByLabel(_ labels: [UInt8]) -> [[Int32]] {
    var counts = [Int](repeating: 0, count: 256)
    for label in labels { counts[Int(label)] += 1 }
    var pixels = counts.map { count -> [Int32] in
      var list: [Int32] = []
      list.reserveCapacity(count)
      return list
    }
    for (pixel, label) in labels.enumerated() { pixels[Int(label)].append(Int32(pixel)) }
    return pixels
  }

  /// Fills the summed-area table of one label, whose first line and column are 0 already.
  private static func count(_ label: UInt8, in labels: [UInt8], width: Int, into counts: inout [Int32]) {
    let stride = width + 1
    labels.withUnsafeBufferPointer { labels in
      counts.withUnsafeMutableBufferPointer { counts in
        for y in 0..<labels.count / width {
          var row: Int32 = 0
          let (above, here) = (y * stride + 1, (y + 1) * stride + 1)
          for x in 0..<width {
            row &+= labels[y * width + x] == label ? 1 : 0
            counts[here + x] = counts[above + x] &+ row
          }
        }
      }
    }
  }

  private static func shares(
    of pixels: [Int32], _ counts: [Int32], width: Int, height: Int, radius: Int, into plane: inout [Float]
  ) {
    let stride = width + 1
    counts.withUnsafeBufferPointer { counts in
      plane.withUnsafeMutableBufferPointer { plane in
        for pixel in pixels {
          let (y, x) = Int(pixel).quotientAndRemainder(dividingBy: width)
          let (top, bottom) = (max(0, y - radius), min(height, y + radius + 1))
          let (left, right) = (max(0, x - radius), min(width, x + radius + 1))
          let (upper, lower) = (top * stride, bottom * stride)
          let count =
            counts[lower + right] &- counts[lower + left] &- counts[upper + right] &+ counts[upper + left]
          plane[Int(pixel)] = Float(Double(count) / Double((bottom - top) * (right - left)))
        }
      }
    }
  }
}
