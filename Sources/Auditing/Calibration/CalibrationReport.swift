/// How good a calibration is on images that it was not fitted to: by cross-validation over the images.
package struct CalibrationReport: Sendable, Codable {
  /// One calibration image. Estimates come from a calibration that was fitted without it.
  package struct Image: Sendable, Codable, Hashable {
    package let name: String
    /// Pixels of known truth that were looked at.
    package let pixels: Int
    package let wrongPixels: Int
    /// The sum of the calibrated error probability.
    package let estimatedWrongPixels: Double

    package init(name: String, pixels: Int, wrongPixels: Int, estimatedWrongPixels: Double) {
      self.name = name
      self.pixels = pixels
      self.wrongPixels = wrongPixels
      self.estimatedWrongPixels = estimatedWrongPixels
    }

    package var errorRate: Double { Double(wrongPixels) / Double(max(1, pixels)) }
    package var estimatedErrorRate: Double { estimatedWrongPixels / Double(max(1, pixels)) }
  }

  package let images: [Image]
  /// Expected calibration error, 15 bins, of each score read as a probability, by its name.
  package let errorBefore: [String: Double]
  package let errorAfter: Double
  /// Average precision and AUROC for wrong pixels, of each score, and of the calibrated probability.
  package let averagePrecisionBefore: [String: Double]
  package let averagePrecisionAfter: Double
  package let areaUnderROCBefore: [String: Double]
  package let areaUnderROCAfter: Double
  /// The reliability plot's points, of the calibrated probability.
  package let bins: [CalibrationBin]
  package let foldCount: Int

  /// Fits once for each fold of neighbouring images (frames of a video stay together).
  ///
  /// - Precondition: at least two samples.
  package init(_ samples: [CalibrationSample], foldCount: Int = 5) {
    precondition(samples.count >= 2)
    let folds = min(foldCount, samples.count)
    self.foldCount = folds
    let names = samples[0].scoreNames
    var before = names.map { _ in ScoreHistogram() }
    var after = ScoreHistogram()
    var images: [Image] = []
    for fold in 0..<folds {
      let held = samples.count * fold / folds..<samples.count * (fold + 1) / folds
      let calibration = ErrorCalibration(samples.indices.filter { !held.contains($0) }.map { samples[$0] })
      for sample in samples[held] {
        let probabilities = calibration.probabilities(of: sample)
        for (pixel, probability) in probabilities.enumerated() {
          after.add(score: ScoreHistogram.quantized(probability), isWrong: sample.isWrong[pixel])
          for index in names.indices {
            let logit = sample.features[pixel * names.count + index]
            before[index].add(
              score: ScoreHistogram.quantized(LogisticStack.score(ofFeature: logit)),
              isWrong: sample.isWrong[pixel])
          }
        }
        images.append(
          Image(
            name: sample.name, pixels: sample.pixelCount, wrongPixels: sample.isWrong.count { $0 },
            estimatedWrongPixels: probabilities.reduce(0.0) { $0 + Double($1) }))
      }
    }
    self.images = images
    errorBefore = Self.table(names, before.map { $0.expectedCalibrationError() })
    errorAfter = after.expectedCalibrationError()
    averagePrecisionBefore = Self.table(names, before.map(\.averagePrecision))
    averagePrecisionAfter = after.averagePrecision
    areaUnderROCBefore = Self.table(names, before.map(\.areaUnderROC))
    areaUnderROCAfter = after.areaUnderROC
    bins = after.calibrationBins()
  }

  private static func table(_ names: [String], _ values: [Double]) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: zip(names, values))
  }
}

extension ErrorCalibration {
  /// As `probabilities(_:labels:)`, for the sample's pixels.
  func probabilities(of sample: CalibrationSample) -> [Float] {
    let count = scoreNames.count
    return sample.labels.indices.map { pixel in
      let features = Array(sample.features[pixel * count..<(pixel + 1) * count])
      return (byClass[Int(sample.labels[pixel])] ?? pooled)(Float(stack.probability(features)))
    }
  }
}

extension ScoreHistogram {
  /// A probability as the audit's maps keep it.
  static func quantized(_ probability: Float) -> UInt8 { UInt8(min(1, max(0, probability)) * 255 + 0.5) }
}
