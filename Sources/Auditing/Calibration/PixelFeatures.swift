import Foundation

/// What a calibration sees of every pixel: what the detectors say there and around it, and how much of its
/// surroundings has its label.
///
/// A detector speaks of one pixel, but errors come in areas: on CamVid the surroundings raised the average precision of
/// the joined detectors by 0.04 to 0.07, and among confident pixels by 0.05 to 0.11 (docs/results.md). A pixel whose
/// label is rare around it is doubtful in another way than one inside a large area.
///
/// The features, in order: the logit of each score; for each score, the logit of its mean over each window of
/// `scoreRadii`; for each window of `labelRadii`, the logit of the share of pixels with the pixel's own label.
enum PixelFeatures {
  /// Half the side of a square window, over the image's shorter side; at least one pixel.
  static let scoreRadii = [0.02, 0.08]
  static let labelRadii = [0.02, 0.08, 0.25]

  static func count(scores: Int) -> Int { scores * (1 + scoreRadii.count) + labelRadii.count }

  /// Makes the features one after the other, so that only one is in memory.
  ///
  /// - Parameter body: takes a feature's index and its value at each pixel, row-major.
  static func forEach(
    _ scores: PixelScores, labels: [UInt8], _ body: (Int, UnsafeBufferPointer<Float>) -> Void
  ) {
    precondition(labels.count == scores.pixelCount)
    let (width, height) = (scores.width, scores.height)
    guard !labels.isEmpty else { return }
    let radius = { (share: Double) in max(1, Int((share * Double(min(width, height))).rounded())) }
    var plane = [Float](repeating: 0, count: labels.count)
    var index = 0
    func emit() {
      plane.withUnsafeMutableBufferPointer { plane in
        for pixel in plane.indices { plane[pixel] = LogisticStack.feature(plane[pixel]) }
        body(index, UnsafeBufferPointer(plane))
      }
      index += 1
    }
    for values in scores.values {
      plane = values
      emit()
    }
    for values in scores.values {
      let sums = values.withUnsafeBufferPointer { values in
        SummedArea(width: width, height: height) { Double(values[$0]) }
      }
      for share in scoreRadii {
        sums.means(radius: radius(share), into: &plane)
        emit()
      }
    }
    for share in LabelShare.planes(labels, width: width, height: height, radii: labelRadii.map(radius)) {
      plane = share
      emit()
    }
  }
}

/// Sums over rectangles of an image, each in four additions.
struct SummedArea {
  private let width: Int
  private let height: Int
  /// `[height + 1, width + 1]`: the sum of all values above and to the left.
  private var sums: [Double]

  /// - Parameter value: of a pixel by its index, row-major.
  init(width: Int, height: Int, _ value: (Int) -> Double) {
    self.width = width
    self.height = height
    sums = [Double](repeating: 0, count: (width + 1) * (height + 1))
    sums.withUnsafeMutableBufferPointer { sums in
      for y in 0..<height {
        var row = 0.0
        let above = y * (width + 1)
        let here = above + width + 1
        for x in 0..<width {
          row += value(y * width + x)
          sums[here + x + 1] = sums[above + x + 1] + row
        }
      }
    }
  }

  /// The mean over the part of the window of `2 radius + 1` pixels a side that lies in the image, for each pixel.
  ///
  /// - Parameters:
  ///   - plane: of the image's size.
  ///   - isWanted: pixels for which it is false keep what `plane` has.
  func means(radius: Int, into plane: inout [Float], where isWanted: (Int) -> Bool = { _ in true }) {
    precondition(plane.count == width * height)
    sums.withUnsafeBufferPointer { sums in
      plane.withUnsafeMutableBufferPointer { plane in
        for y in 0..<height {
          let (top, bottom) = (max(0, y - radius), min(height, y + radius + 1))
          let (upper, lower) = (top * (width + 1), bottom * (width + 1))
          for x in 0..<width where isWanted(y * width + x) {
            let (left, right) = (max(0, x - radius), min(width, x + radius + 1))
            let sum = sums[lower + right] - sums[lower + left] - sums[upper + right] + sums[upper + left]
            plane[y * width + x] = Float(sum / Double((bottom - top) * (right - left)))
          }
        }
      }
    }
  }
}

/// How much of a pixel's surroundings has the pixel's own label.
enum LabelShare {
  /// One plane a radius. *Range*: above 0, up to 1.
  static func planes(_ labels: [UInt8], width: Int, height: Int, radii: [Int]) -> [[Float]] {
    var planes = radii.map { _ in [Float](repeating: 0, count: labels.count) }
    labels.withUnsafeBufferPointer { labels in
      for label in Set(labels) {
        let sums = SummedArea(width: width, height: height) { labels[$0] == label ? 1 : 0 }
        for (index, radius) in radii.enumerated() {
          sums.means(radius: radius, into: &planes[index]) { labels[$0] == label }
        }
      }
    }
    return planes
  }
}
