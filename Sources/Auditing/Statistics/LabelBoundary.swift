/// Which pixels of a label map have a pixel of another label close by.
struct LabelBoundary {
  /// Row by row.
  let isNear: [Bool]

  /// - Parameter distance: in rows and columns.
  /// - Complexity: linear in the pixels, whatever the distance.
  init(_ labels: [UInt8], width: Int, height: Int, distance: Int) {
    precondition(labels.count == width * height && distance > 0)
    // A pixel is on the edge if a neighbour to the right or below differs, and so is that neighbour; pixels within
    // `distance` of another label are those within `distance - 1` of an edge pixel.
    var isEdge = [Bool](repeating: false, count: labels.count)
    labels.withUnsafeBufferPointer { labels in
      for y in 0..<height {
        for x in 0..<width {
          let pixel = y * width + x
          let right = x + 1 < width && labels[pixel] != labels[pixel + 1]
          let below = y + 1 < height && labels[pixel] != labels[pixel + width]
          if right { isEdge[pixel + 1] = true }
          if below { isEdge[pixel + width] = true }
          if right || below { isEdge[pixel] = true }
        }
      }
    }
    let alongRows = Self.spread(isEdge, lines: height, length: width, step: 1, lineStep: width, distance - 1)
    isNear = Self.spread(alongRows, lines: width, length: height, step: width, lineStep: 1, distance - 1)
  }

  /// True where a true value is at most `distance` before or behind on the same line.
  private static func spread(
    _ values: [Bool], lines: Int, length: Int, step: Int, lineStep: Int, _ distance: Int
  ) -> [Bool] {
    guard distance > 0 else { return values }
    var result = values
    values.withUnsafeBufferPointer { values in
      for line in 0..<lines {
        let start = line * lineStep
        var reach = -1
        for index in 0..<length {
          if values[start + index * step] { reach = index + distance }
          if index <= reach { result[start + index * step] = true }
        }
        reach = length
        for index in stride(from: length - 1, through: 0, by: -1) {
          if values[start + index * step] { reach = index - distance }
          if index >= reach { result[start + index * step] = true }
        }
      }
    }
    return result
  }
}
