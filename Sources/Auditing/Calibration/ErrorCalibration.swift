/// Turns detectors' scores into a probability that holds: among pixels with 0.2, one in five is wrong.
///
/// A logistic stack joins the detectors, then an isotonic map for the pixel's class (or for all classes together, where
/// a class has too little data) makes the result agree with what was counted on the calibration images.
package struct ErrorCalibration: Sendable, Hashable, Codable {
  /// What the stack's weights belong to.
  package let scoreNames: [String]
  package let stack: LogisticStack
  /// For all classes together.
  package let pooled: IsotonicMap
  /// By class index, where the class has enough data.
  package let byClass: [Int: IsotonicMap]

  /// A class gets a map of its own from this many pixels on, of which at least `minimumWrongPixels` are wrong, from
  /// at least `minimumImages` images.
  package static let minimumPixels = 5000
  package static let minimumWrongPixels = 200
  package static let minimumImages = 8

  package init(_ samples: [CalibrationSample]) {
    precondition(!samples.isEmpty)
    scoreNames = samples[0].scoreNames
    let count = scoreNames.count
    let stack = LogisticStack(
      features: samples.flatMap(\.features), featureCount: count, isWrong: samples.flatMap(\.isWrong))
    self.stack = stack
    var all: [(score: Float, isWrong: Bool)] = []
    var ofClass: [Int: [(score: Float, isWrong: Bool)]] = [:]
    var imagesOfClass: [Int: Int] = [:]
    for sample in samples {
      for (pixel, isWrong) in sample.isWrong.enumerated() {
        let features = Array(sample.features[pixel * count..<(pixel + 1) * count])
        let entry = (score: Float(stack.probability(features)), isWrong: isWrong)
        all.append(entry)
        ofClass[Int(sample.labels[pixel]), default: []].append(entry)
      }
      for label in Set(sample.labels) { imagesOfClass[Int(label), default: 0] += 1 }
    }
    pooled = IsotonicMap(all)
    byClass = ofClass.filter { label, pixels in
      pixels.count >= Self.minimumPixels && imagesOfClass[label, default: 0] >= Self.minimumImages
        && pixels.count { $0.isWrong } >= Self.minimumWrongPixels
    }.mapValues { IsotonicMap($0) }
  }

  /// The calibrated error probability of every pixel. *Range*: 0…1.
  ///
  /// - Precondition: the scores are those that the calibration was fitted to.
  package func probabilities(_ scores: PixelScores, labels: [UInt8]) -> [Float] {
    precondition(scores.names == scoreNames && labels.count == scores.pixelCount)
    let maps = (0..<256).map { byClass[$0] ?? pooled }
    var features = [Double](repeating: 0, count: scoreNames.count)
    return labels.indices.map { pixel in
      for index in features.indices { features[index] = LogisticStack.feature(scores.values[index][pixel]) }
      return maps[Int(labels[pixel])](Float(stack.probability(features)))
    }
  }
}

/// Some of an image's pixels whose truth is known.
package struct CalibrationSample: Sendable {
  package let name: String
  package let scoreNames: [String]
  /// One row a pixel.
  let features: [Double]
  let labels: [UInt8]
  let isWrong: [Bool]
  /// As `features` and `labels`, of pixels without truth, at the same density.
  let unknownFeatures: [Double]
  let unknownLabels: [UInt8]

  /// Takes every pixel of known truth, or if there are more than `limit`, `limit` of them at equal distances.
  package init(
    name: String, scores: PixelScores, labels: [UInt8], truth: [UInt8], ignoreLabel: UInt8, limit: Int
  ) {
    precondition(labels.count == scores.pixelCount && truth.count == labels.count && limit > 0)
    self.name = name
    scoreNames = scores.names
    let known = truth.indices.filter { truth[$0] != ignoreLabel }
    let chosen = Self.spread(known, count: limit)
    features = Self.features(of: chosen, scores)
    self.labels = chosen.map { labels[$0] }
    isWrong = chosen.map { labels[$0] != truth[$0] }
    let unknown = truth.indices.filter { truth[$0] == ignoreLabel }
    let asDense = known.isEmpty ? 0 : (unknown.count * chosen.count + known.count / 2) / known.count
    let chosenUnknown = Self.spread(unknown, count: asDense)
    unknownFeatures = Self.features(of: chosenUnknown, scores)
    unknownLabels = chosenUnknown.map { labels[$0] }
  }

  /// All, or `count` at equal distances.
  private static func spread(_ pixels: [Int], count: Int) -> [Int] {
    pixels.count <= count ? pixels : (0..<count).map { pixels[(2 * $0 + 1) * pixels.count / (2 * count)] }
  }

  private static func features(of pixels: [Int], _ scores: PixelScores) -> [Double] {
    pixels.flatMap { pixel in scores.values.map { LogisticStack.feature($0[pixel]) } }
  }

  package var pixelCount: Int { labels.count }
}
