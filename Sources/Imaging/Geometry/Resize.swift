extension RGBImage {
  /// Bilinear interpolation between pixel centres, as PyTorch's `interpolate(align_corners=False)`; when shrinking,
  /// the triangle filter is widened to cover every source pixel (antialiasing), as Pillow does.
  package func resized(width newWidth: Int, height newHeight: Int) -> RGBImage {
    precondition(newWidth > 0 && newHeight > 0)
    if newWidth == width && newHeight == height { return self }
    let horizontal = TriangleFilter(input: width, output: newWidth)
    let vertical = TriangleFilter(input: height, output: newHeight)
    var narrow = [Float](repeating: 0, count: newWidth * height * 3)
    var result = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
    narrow.withUnsafeMutableBufferPointer { narrow in
      pixels.withUnsafeBufferPointer { pixels in
        for y in 0..<height {
          for x in 0..<newWidth {
            var sums: (Float, Float, Float) = (0, 0, 0)
            for (tap, weight) in horizontal.taps(x) {
              let source = (y * width + tap) * 3
              sums.0 += weight * Float(pixels[source])
              sums.1 += weight * Float(pixels[source + 1])
              sums.2 += weight * Float(pixels[source + 2])
            }
            let target = (y * newWidth + x) * 3
            (narrow[target], narrow[target + 1], narrow[target + 2]) = sums
          }
        }
      }
      var row = [Float](repeating: 0, count: newWidth * 3)
      for y in 0..<newHeight {
        for i in row.indices { row[i] = 0 }
        for (tap, weight) in vertical.taps(y) {
          let source = tap * newWidth * 3
          for i in row.indices { row[i] += weight * narrow[source + i] }
        }
        for i in row.indices { result[y * newWidth * 3 + i] = UInt8(max(0, min(255, row[i] + 0.5))) }
      }
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: result)
  }
}

extension LabelMask {
  /// Each pixel takes the class under its centre: class ids are never interpolated.
  package func resizedNearest(width newWidth: Int, height newHeight: Int) -> LabelMask {
    precondition(newWidth > 0 && newHeight > 0)
    if newWidth == width && newHeight == height { return self }
    var result = [UInt8](repeating: 0, count: newWidth * newHeight)
    for y in 0..<newHeight {
      let sourceRow = min(height - 1, (2 * y + 1) * height / (2 * newHeight)) * width
      for x in 0..<newWidth {
        result[y * newWidth + x] = labels[sourceRow + min(width - 1, (2 * x + 1) * width / (2 * newWidth))]
      }
    }
    return LabelMask(width: newWidth, height: newHeight, labels: result)
  }
}

/// The weights of a triangle filter for each output position of one axis.
private struct TriangleFilter {
  private var starts: [Int] = []
  private var weights: [[Float]] = []

  init(input: Int, output: Int) {
    let scale = Float(input) / Float(output)
    let support = max(1, scale)
    for position in 0..<output {
      let center = (Float(position) + 0.5) * scale
      let first = max(0, Int((center - support).rounded(.down)))
      let last = min(input - 1, Int((center + support).rounded(.up)))
      var row = (first...last).map { max(0, 1 - abs((Float($0) + 0.5 - center) / support)) }
      let total = row.reduce(0, +)
      row = row.map { $0 / total }
      starts.append(first)
      weights.append(row)
    }
  }

  func taps(_ position: Int) -> Zip2Sequence<PartialRangeFrom<Int>, [Float]> {
    zip(starts[position]..., weights[position])
  }
}
