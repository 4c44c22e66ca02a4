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
    /// Pixels without truth, in the same density, and the sum of their calibrated error probability; `nil` in files of
    /// older versions.
    package let unknownPixels: Int?
    package let estimatedWrongUnknownPixels: Double?
    /// Of the pixels labelled as each class, by index.
    package let byClass: [Int: CalibrationCounts]?
    /// The pixels of known truth by error probability.
    package let passing: PassingPixels?
    /// Of the image's regions, the worst first; `nil` in files of older versions.
    package fileprivate(set) var regions: [CalibrationCounts]?

    package init(
      name: String, pixels: Int, wrongPixels: Int, estimatedWrongPixels: Double, unknownPixels: Int? = nil,
      estimatedWrongUnknownPixels: Double? = nil, byClass: [Int: CalibrationCounts]? = nil,
      passing: PassingPixels? = nil, regions: [CalibrationCounts]? = nil
    ) {
      self.name = name
      self.pixels = pixels
      self.wrongPixels = wrongPixels
      self.estimatedWrongPixels = estimatedWrongPixels
      self.unknownPixels = unknownPixels
      self.estimatedWrongUnknownPixels = estimatedWrongUnknownPixels
      self.byClass = byClass
      self.passing = passing
      self.regions = regions
    }

    package var errorRate: Double { Double(wrongPixels) / Double(max(1, pixels)) }
    package var estimatedErrorRate: Double { estimatedWrongPixels / Double(max(1, pixels)) }

    package var counts: CalibrationCounts {
      CalibrationCounts(
        known: Double(pixels), wrong: Double(wrongPixels), all: Double(pixels + (unknownPixels ?? 0)),
        estimatedWrong: estimatedWrongPixels + (estimatedWrongUnknownPixels ?? 0))
    }

    /// What an audit, which cannot know where people would leave pixels without label, says of the image: the mean over
    /// all its pixels.
    package var auditedErrorRate: Double { counts.estimatedWrong / max(1, counts.all) }
  }

  package private(set) var images: [Image]
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
  /// How far the classes' own maps count beside the one of all classes; `nil` in files of older versions. *Range*: 0…1.
  package let classWeight: Float?
  /// The only score that takes part, where all of them joined would find wrong pixels less well.
  package let alone: String?
  /// The rule by which the images' regions were found; `nil` in files of older versions.
  package private(set) var regionSettings: RegionSettings?

  /// What calibrations say of the samples that each was fitted without. Regions are added later.
  init(_ samples: [CalibrationSample], _ folds: CalibrationFolds) {
    foldCount = folds.folds.count
    classWeight = folds.classWeight
    let names = samples[0].scoreNames
    alone = folds.score.map { names[$0] }
    let featureCount = PixelFeatures.count(scores: names.count)
    var before = names.map { _ in ScoreHistogram() }
    var after = ScoreHistogram()
    var images: [Image] = []
    for (held, calibration) in folds.folds {
      for sample in samples[held] {
        let probabilities = calibration.probabilities(sample.features, sample.labels)
        let unknown = calibration.probabilities(sample.unknownFeatures, sample.unknownLabels)
        for (pixel, probability) in probabilities.enumerated() {
          after.add(score: ScoreHistogram.quantized(probability), isWrong: sample.isWrong[pixel])
          for index in names.indices {
            // The first features are the scores' own.
            let logit = sample.features[pixel * featureCount + index]
            before[index].add(
              score: ScoreHistogram.quantized(LogisticStack.score(ofFeature: logit)),
              isWrong: sample.isWrong[pixel])
          }
        }
        images.append(
          Image(
            name: sample.name, pixels: sample.pixelCount, wrongPixels: sample.isWrong.count { $0 },
            estimatedWrongPixels: probabilities.reduce(0.0) { $0 + Double($1) },
            unknownPixels: unknown.count,
            estimatedWrongUnknownPixels: unknown.reduce(0.0) { $0 + Double($1) },
            byClass: sample.countsByClass(probabilities, unknown: unknown),
            passing: PassingPixels(probabilities.map(ScoreHistogram.quantized), isWrong: sample.isWrong)))
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

  /// Notes what the truth says of each image's regions.
  ///
  /// - Parameters:
  ///   - settings: the rule that `counts` follows.
  ///   - counts: of a sample's regions, by a calibration that was fitted without it; the samples are asked for in order.
  /// - Throws: what `counts` throws.
  mutating func addRegions(
    _ folds: CalibrationFolds, settings: RegionSettings,
    counts: (_ sample: Int, ErrorCalibration) throws -> [CalibrationCounts]
  ) rethrows {
    for (held, calibration) in folds.folds {
      for sample in held { images[sample].regions = try counts(sample, calibration) }
    }
    regionSettings = settings
  }

  private static func table(_ names: [String], _ values: [Double]) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: zip(names, values))
  }
}

extension ErrorCalibration {
  /// As `probabilities(_:labels:)`, for pixels of a sample.
  func probabilities(_ features: [Float], _ labels: [UInt8]) -> [Float] {
    let count = PixelFeatures.count(scores: scoreNames.count)
    return labels.indices.map { pixel in
      isotonicMap(ofClass: labels[pixel])(stack.probability(features[pixel * count..<(pixel + 1) * count]))
    }
  }
}

extension ScoreHistogram {
  /// A probability as the audit's maps keep it.
  static func quantized(_ probability: Float) -> UInt8 { UInt8(min(1, max(0, probability)) * 255 + 0.5) }
}

extension CalibrationSample {
  /// - Parameters:
  ///   - probabilities: of the pixels of known truth.
  ///   - unknown: of the others.
  func countsByClass(_ probabilities: [Float], unknown: [Float]) -> [Int: CalibrationCounts] {
    var counts: [Int: CalibrationCounts] = [:]
    for (pixel, label) in labels.enumerated() {
      counts[Int(label), default: .none].add(
        CalibrationCounts(
          known: 1, wrong: isWrong[pixel] ? 1 : 0, all: 1, estimatedWrong: Double(probabilities[pixel])))
    }
    for (pixel, label) in unknownLabels.enumerated() {
      counts[Int(label), default: .none].add(
        CalibrationCounts(known: 0, wrong: 0, all: 1, estimatedWrong: Double(unknown[pixel])))
    }
    return counts
  }
}

extension CalibrationReport {
  /// Of the regions that an audit finds by this rule; none where the calibration found its own by another one.
  package func regionRatios(_ settings: RegionSettings) -> RegionErrorRatios {
    settings == regionSettings
      ? RegionErrorRatios(images.compactMap(\.regions)) : RegionErrorRatios()
  }

  /// The interval of one class gets so many calibration images with that label at least; with fewer, resamples say too
  /// little.
  package static let minimumImagesOfClass = 8

  /// Of the pixels that are labelled as a class, in each image; `nil` with too few such images.
  package func counts(ofClass index: Int) -> [CalibrationCounts]? {
    let counts = images.compactMap { $0.byClass?[index] }.filter { $0.known > 0 }
    return counts.count >= Self.minimumImagesOfClass ? counts : nil
  }
}
