/// One image's error probabilities in numbers.
package struct ImageStatistics: Sendable, Equatable {
  /// Bins of `histogram`, of equal width over 0…1.
  package static let binCount = 20

  /// The expected error rate: the mean of the error probability over all pixels. *Range*: 0…1, more is worse.
  package var meanErrorProbability: Double
  /// The sum of the error probability. *Units*: pixels.
  package var expectedWrongPixels: Double
  /// Percentiles of the error probability, to 1/1000.
  package var percentile50: Double
  package var percentile90: Double
  package var percentile95: Double
  package var percentile99: Double
  /// Mean of the maximum softmax. *Range*: 0…1, less is worse.
  package var meanConfidence: Double
  /// *Units*: nats. More is worse.
  package var meanEntropy: Double
  /// Mean of `PixelPrediction.Alternatives.margin`. *Range*: −1…1, less is worse. `nil` where that is not known.
  package var meanMargin: Double?
  /// Pixels by error probability.
  package var histogram: [Int]

  package init(
    meanErrorProbability: Double, expectedWrongPixels: Double, percentile50: Double, percentile90: Double,
    percentile95: Double, percentile99: Double, meanConfidence: Double, meanEntropy: Double,
    meanMargin: Double? = nil,
    histogram: [Int]
  ) {
    self.meanErrorProbability = meanErrorProbability
    self.expectedWrongPixels = expectedWrongPixels
    self.percentile50 = percentile50
    self.percentile90 = percentile90
    self.percentile95 = percentile95
    self.percentile99 = percentile99
    self.meanConfidence = meanConfidence
    self.meanEntropy = meanEntropy
    self.meanMargin = meanMargin
    self.histogram = histogram
  }

  package init(_ prediction: PixelPrediction) {
    let count = prediction.errorProbability.count
    var fine = [Int](repeating: 0, count: Self.fineBins + 1)
    var sum = 0.0
    for probability in prediction.errorProbability {
      sum += Double(probability)
      fine[Int(min(1, max(0, probability)) * Float(Self.fineBins) + 0.5)] += 1
    }
    var histogram = [Int](repeating: 0, count: Self.binCount)
    for probability in prediction.errorProbability {
      histogram[min(Self.binCount - 1, Int(max(0, probability) * Float(Self.binCount)))] += 1
    }
    let total = Double(max(1, count))
    self.init(
      meanErrorProbability: sum / total, expectedWrongPixels: sum,
      percentile50: Self.percentile(0.5, fine, count), percentile90: Self.percentile(0.9, fine, count),
      percentile95: Self.percentile(0.95, fine, count), percentile99: Self.percentile(0.99, fine, count),
      meanConfidence: prediction.confidence.reduce(0.0) { $0 + Double($1) } / total,
      meanEntropy: prediction.entropy.reduce(0.0) { $0 + Double($1) } / total,
      meanMargin: prediction.alternatives.map { $0.margin.reduce(0.0) { $0 + Double($1) } / total },
      histogram: histogram)
  }

  private static let fineBins = 1000

  /// The smallest bin at or below which lies `share` of the pixels.
  private static func percentile(_ share: Double, _ bins: [Int], _ count: Int) -> Double {
    let wanted = Int((share * Double(count)).rounded(.up))
    var seen = 0
    for (bin, pixels) in bins.enumerated() {
      seen += pixels
      if seen >= wanted { return Double(bin) / Double(fineBins) }
    }
    return 1
  }
}

/// What is predicted as one class in one image.
package struct ClassStatistics: Sendable, Equatable {
  package var classIndex: Int
  package var predictedPixels: Int
  /// The sum of the error probability over these pixels.
  package var expectedWrongPixels: Double

  package init(classIndex: Int, predictedPixels: Int, expectedWrongPixels: Double) {
    self.classIndex = classIndex
    self.predictedPixels = predictedPixels
    self.expectedWrongPixels = expectedWrongPixels
  }

  /// The classes that occur, in order.
  package static func all(in prediction: PixelPrediction) -> [ClassStatistics] {
    var pixels = [Int](repeating: 0, count: 256)
    var wrong = [Double](repeating: 0, count: 256)
    for (label, probability) in zip(prediction.labels, prediction.errorProbability) {
      pixels[Int(label)] += 1
      wrong[Int(label)] += Double(probability)
    }
    return (0..<256).filter { pixels[$0] > 0 }.map {
      ClassStatistics(classIndex: $0, predictedPixels: pixels[$0], expectedWrongPixels: wrong[$0])
    }
  }
}
