/// Turns detectors' scores into a probability that holds: among pixels with 0.2, one in five is wrong.
///
/// A logistic stack joins the detectors and the pixel's surroundings (`PixelFeatures`), then an isotonic map for the
/// pixel's class (or for all classes together, where a class has too little data) makes the result agree with what was
/// counted on the calibration images.
package struct ErrorCalibration: Sendable, Hashable, Codable {
  /// What the stack's weights belong to.
  package let scoreNames: [String]
  package let stack: LogisticStack
  /// For all classes together.
  package let pooled: IsotonicMap
  /// By class index, where the class has enough data; as near to `pooled` as cross-validation asks.
  package let byClass: [Int: IsotonicMap]

  /// A class gets a map of its own from this many pixels on, of which at least `minimumWrongPixels` are wrong, from
  /// at least `minimumImages` images.
  package static let minimumPixels = 5000
  package static let minimumWrongPixels = 200
  package static let minimumImages = 8

  /// - Parameter score: the index of the only score that takes part, by a single rising map, so that the order of the
  ///   pixels is this score's own.
  package init(_ samples: [CalibrationSample], alone score: Int? = nil) {
    precondition(!samples.isEmpty)
    scoreNames = samples[0].scoreNames
    let stack = LogisticStack(samples, alone: score)
    self.stack = stack
    var all: [(score: Float, isWrong: Bool)] = []
    var ofClass: [Int: [(score: Float, isWrong: Bool)]] = [:]
    var imagesOfClass: [Int: Int] = [:]
    for sample in samples {
      for (pixel, isWrong) in sample.isWrong.enumerated() {
        let entry = (score: stack.probability(sample.row(pixel)), isWrong: isWrong)
        all.append(entry)
        ofClass[Int(sample.labels[pixel]), default: []].append(entry)
      }
      for label in Set(sample.labels) { imagesOfClass[Int(label), default: 0] += 1 }
    }
    pooled = IsotonicMap(all)
    guard score == nil else {
      byClass = [:]
      return
    }
    byClass = ofClass.filter { label, pixels in
      pixels.count >= Self.minimumPixels && imagesOfClass[label, default: 0] >= Self.minimumImages
        && pixels.count { $0.isWrong } >= Self.minimumWrongPixels
    }.mapValues { IsotonicMap($0) }
  }

  private init(
    scoreNames: [String], stack: LogisticStack, pooled: IsotonicMap, byClass: [Int: IsotonicMap]
  ) {
    self.scoreNames = scoreNames
    self.stack = stack
    self.pooled = pooled
    self.byClass = byClass
  }

  /// The maps of the classes drawn towards the one of all classes, of which `1 − classWeight` is left: what images have
  /// in common with their neighbours makes a class's map too sure of itself.
  func shrunk(classWeight: Float) -> ErrorCalibration {
    guard classWeight < 1 else { return self }
    return ErrorCalibration(
      scoreNames: scoreNames, stack: stack, pooled: pooled,
      byClass: classWeight == 0 ? [:] : byClass.mapValues { IsotonicMap($0, weight: classWeight, pooled) })
  }

  func isotonicMap(ofClass label: UInt8) -> IsotonicMap { byClass[Int(label)] ?? pooled }

  /// Whether the stack has a weight for every feature: not so in a damaged file.
  package var isComplete: Bool {
    stack.weights.count == PixelFeatures.count(scores: scoreNames.count)
  }

  /// The calibrated error probability of every pixel. *Range*: 0…1.
  ///
  /// - Precondition: the scores are those that the calibration was fitted to.
  package func probabilities(_ scores: PixelScores, labels: [UInt8]) -> [Float] {
    precondition(scores.names == scoreNames && labels.count == scores.pixelCount && isComplete)
    var sums = [Float](repeating: Float(stack.intercept), count: labels.count)
    sums.withUnsafeMutableBufferPointer { sums in
      PixelFeatures.forEach(scores, labels: labels) { index, values in
        let weight = Float(stack.weights[index])
        for pixel in sums.indices { sums[pixel] += weight * values[pixel] }
      }
    }
    let maps = (0...255 as ClosedRange<UInt8>).map(isotonicMap(ofClass:))
    sums.withUnsafeMutableBufferPointer { sums in
      labels.withUnsafeBufferPointer { labels in
        for pixel in sums.indices {
          sums[pixel] = maps[Int(labels[pixel])](LogisticStack.probability(ofSum: Double(sums[pixel])))
        }
      }
    }
    return sums
  }
}

extension LogisticStack {
  /// Fitted to all features, or to one score alone.
  fileprivate init(_ samples: [CalibrationSample], alone score: Int?) {
    let count = PixelFeatures.count(scores: samples[0].scoreNames.count)
    let isWrong = samples.map(\.isWrong)
    guard let score else {
      self.init(features: samples.map(\.features), featureCount: count, isWrong: isWrong)
      return
    }
    let features = samples.map { sample in
      (0..<sample.pixelCount).map { sample.features[$0 * count + score] }
    }
    let single = LogisticStack(features: features, featureCount: 1, isWrong: isWrong)
    var weights = [Double](repeating: 0, count: count)
    weights[score] = single.weights[0]
    self.init(intercept: single.intercept, weights: weights)
  }
}

/// Some of an image's pixels whose truth is known.
package struct CalibrationSample: Sendable {
  package let name: String
  package let scoreNames: [String]
  /// One row a pixel: its `PixelFeatures`.
  let features: [Float]
  let labels: [UInt8]
  let isWrong: [Bool]
  /// As `features` and `labels`, of pixels without truth, at the same density.
  let unknownFeatures: [Float]
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
    self.labels = chosen.map { labels[$0] }
    isWrong = chosen.map { labels[$0] != truth[$0] }
    let unknown = truth.indices.filter { truth[$0] == ignoreLabel }
    let asDense = known.isEmpty ? 0 : (unknown.count * chosen.count + known.count / 2) / known.count
    let chosenUnknown = Self.spread(unknown, count: asDense)
    unknownLabels = chosenUnknown.map { labels[$0] }
    let count = PixelFeatures.count(scores: scores.names.count)
    var features = [Float](repeating: 0, count: chosen.count * count)
    var unknownFeatures = [Float](repeating: 0, count: chosenUnknown.count * count)
    PixelFeatures.forEach(scores, labels: labels) { index, values in
      for (row, pixel) in chosen.enumerated() { features[row * count + index] = values[pixel] }
      for (row, pixel) in chosenUnknown.enumerated() { unknownFeatures[row * count + index] = values[pixel] }
    }
    self.features = features
    self.unknownFeatures = unknownFeatures
  }

  /// The features of one of the pixels with known truth.
  func row(_ pixel: Int) -> ArraySlice<Float> {
    let count = PixelFeatures.count(scores: scoreNames.count)
    return features[pixel * count..<(pixel + 1) * count]
  }

  /// All, or `count` at equal distances.
  private static func spread(_ pixels: [Int], count: Int) -> [Int] {
    pixels.count <= count ? pixels : (0..<count).map { pixels[(2 * $0 + 1) * pixels.count / (2 * count)] }
  }

  package var pixelCount: Int { labels.count }
}
