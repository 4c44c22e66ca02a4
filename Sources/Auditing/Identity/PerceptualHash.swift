import Foundation

/// What an image looks like, in 64 bits: images that look alike differ in few of them.
///
/// The brightness, averaged over 32×32 equal cells, goes through a discrete cosine transform. Of the 8×8 coefficients
/// from frequency 1 to 8 in both directions each gives a bit: whether it lies above their median. What survives is
/// coarse structure: neither compression nor size nor brightness changes much of it.
///
/// Measured on CamVid's 468 images of `train` and `val`: JPEG of quality 20 to 90 moves at most 2 bits, half size or
/// 200×150 pixels at most 4; of the pairs of different images 177 in 109,278 lie within 4 bits, seconds of a standing
/// car.
package struct PerceptualHash: Sendable, Hashable {
  package let bits: UInt64

  /// Images that differ in at most this many bits are near duplicates.
  package static let nearDistance = 4

  package init(bits: UInt64) { self.bits = bits }

  /// `nil` for an image without structure, such as one colour all over: its bits would be chance.
  ///
  /// - Parameter pixels: RGB, row-major `[height, width, 3]`.
  /// - Complexity: linear in the pixels.
  package init?(pixels: [UInt8], width: Int, height: Int) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
    let cells = Self.averages(pixels, width: width, height: height)
    let coefficients = Self.coefficients(cells)
    guard coefficients.contains(where: { abs($0) >= Self.leastCoefficient }) else { return nil }
    let sorted = coefficients.sorted()
    let median = (sorted[31] + sorted[32]) / 2
    var bits: UInt64 = 0
    for (index, value) in coefficients.enumerated() where value > median { bits |= 1 << UInt64(index) }
    self.bits = bits
  }

  /// Bits that differ. *Range*: 0…64.
  package func distance(to other: PerceptualHash) -> Int { (bits ^ other.bits).nonzeroBitCount }

  private static let side = 32
  private static let frequencies = 8
  /// A wave of amplitude 1/4 of a grey level gives this: rounding to 8 bits alone stays below.
  private static let leastCoefficient = 64.0

  /// The brightness of each cell. *Range*: 0…255.
  private static func averages(_ pixels: [UInt8], width: Int, height: Int) -> [Double] {
    let columns = overlaps(width)
    let rows = overlaps(height)
    var cells = [Double](repeating: 0, count: side * side)
    var sums = [Double](repeating: 0, count: side)
    var row = -1
    pixels.withUnsafeBufferPointer { pixels in
      for part in rows {
        if part.pixel != row {
          row = part.pixel
          for cell in 0..<side { sums[cell] = 0 }
          let start = row * width * 3
          for part in columns {
            let at = start + part.pixel * 3
            // Rec. 601, in 1/256.
            let luma = 77 * Int(pixels[at]) + 150 * Int(pixels[at + 1]) + 29 * Int(pixels[at + 2])
            sums[part.cell] += Double(luma) * part.share
          }
        }
        for cell in 0..<side { cells[part.cell * side + cell] += sums[cell] * part.share / 256 }
      }
    }
    return cells
  }

  /// How a line of pixels falls into the cells: the shares of each cell sum up to 1.
  private static func overlaps(_ count: Int) -> [(pixel: Int, cell: Int, share: Double)] {
    var parts: [(pixel: Int, cell: Int, share: Double)] = []
    for pixel in 0..<count {
      // In units of 1/count of a cell, where a pixel is `side` units long and a cell `count`.
      let (start, end) = (pixel * side, (pixel + 1) * side)
      for cell in start / count...(end - 1) / count {
        let length = min(end, (cell + 1) * count) - max(start, cell * count)
        parts.append((pixel, cell, Double(length) / Double(count)))
      }
    }
    return parts
  }

  /// The transform's frequencies 1…8 by 1…8, row-major.
  private static func coefficients(_ cells: [Double]) -> [Double] {
    var halfway = [Double](repeating: 0, count: side * frequencies)
    for y in 0..<side {
      for u in 0..<frequencies {
        halfway[y * frequencies + u] = (0..<side).reduce(0) { $0 + cells[y * side + $1] * cosine(u, $1) }
      }
    }
    return (0..<frequencies * frequencies).map { index in
      (0..<side).reduce(0) {
        $0 + halfway[$1 * frequencies + index % frequencies] * cosine(index / frequencies, $1)
      }
    }
  }

  private static func cosine(_ frequency: Int, _ position: Int) -> Double {
    cosines[frequency * side + position]
  }

  private static let cosines = (0..<frequencies * side).map { index -> Double in
    let frequency = Double(index / side + 1)
    let position = Double(index % side) + 0.5
    return cos(Double.pi * frequency * position / Double(side))
  }
}
