import Auditing
import Testing

/// The fast ways of making features against the plain ones.
@Suite struct PixelFeaturesTests {
  /// Of single-precision logarithms and means.
  private static let tolerance: Float = 1e-5

  private func values(_ count: Int) -> [Float] { (0..<count).map { Float($0 * 7919 % 1009) / 1008 } }

  /// The pixels around one, as far as they lie in the image.
  private func window(_ pixel: Int, _ width: Int, _ height: Int, _ radius: Int) -> [Int] {
    let (y, x) = (pixel / width, pixel % width)
    return (max(0, y - radius)...min(height - 1, y + radius)).flatMap { row in
      (max(0, x - radius)...min(width - 1, x + radius)).map { row * width + $0 }
    }
  }

  @Test(arguments: [(1, 1), (2, 9), (37, 23), (40, 3)], [1, 3, 30])
  func meansAreThoseOfTheWindow(_ size: (width: Int, height: Int), _ radius: Int) {
    let values = values(size.width * size.height)
    var plane = values
    SummedArea(values, width: size.width, height: size.height).means(radius: radius, into: &plane)
    for pixel in values.indices {
      let around = window(pixel, size.width, size.height, radius)
      let mean = around.reduce(0.0) { $0 + Double(values[$1]) } / Double(around.count)
      #expect(abs(plane[pixel] - Float(mean)) <= Self.tolerance)
    }
  }

  @Test func sharesAreThoseOfTheWindow() {
    let (width, height) = (29, 31)
    let labels = (0..<width * height).map { UInt8([3, 0, 3, 255][($0 % width / 5 + $0 / width / 7) % 4]) }
    let radii = [1, 4, 40]
    let planes = LabelShare.planes(labels, width: width, height: height, radii: radii)
    for (plane, radius) in zip(planes, radii) {
      for pixel in labels.indices {
        let around = window(pixel, width, height, radius)
        let share = Double(around.count { labels[$0] == labels[pixel] }) / Double(around.count)
        #expect(plane[pixel] == Float(share))
      }
    }
  }

  @Test func featuresAreLogits() {
    let (width, height) = (20, 10)
    var scores = values(width * height)
    scores[0] = 0
    scores[1] = 1
    scores[2] = .nan
    let pixels = PixelScores(names: ["a"], values: [scores], width: width, height: height)
    var features: [[Float]] = []
    PixelFeatures.forEach(pixels, labels: [UInt8](repeating: 1, count: scores.count)) { index, values in
      #expect(index == features.count)
      features.append(Array(values))
    }
    #expect(features.count == PixelFeatures.count(scores: 1))
    #expect(features[0][2].isNaN)
    for (pixel, score) in scores.enumerated() where pixel != 2 {
      let plain = LogisticStack.feature(score)
      #expect(abs(features[0][pixel] - plain) <= Self.tolerance * max(1, abs(plain)))
    }
  }
}
