/// The measures of `evaluation.md`'s four groups for one run.
package struct EvaluationSummary: Sendable, Codable {
  /// Images with at least one known pixel.
  package let imageCount: Int
  package let segmentation: Segmentation
  package let detection: [Detection]
  /// The last one is the order by true error rate.
  package let ranking: [Ranking]
  package let calibration: Calibration
  /// `nil` without a calibration, and where no region has a known pixel.
  package let regions: Regions?
  /// The worst first, by the expected error rate.
  package let images: [Image]

  /// One image's error rate as the audit expects it, and as it is.
  package struct Image: Sendable, Codable {
    package let name: String
    package let expectedErrorRate: Double
    package let trueErrorRate: Double
  }

  /// The pseudo-labels against the truth, over all pixels that are not ignored.
  package struct Segmentation: Sendable, Codable {
    package let pixelAccuracy: Double
    package let meanIntersectionOverUnion: Double
    /// By class; `nil` where a class neither occurs nor is predicted.
    package let intersectionOverUnion: [Double?]
  }

  /// A detector of wrong pixels.
  package struct Detection: Sendable, Codable {
    package let detector: AuditEvaluation.Detector
    package let averagePrecision: Double
    package let areaUnderROC: Double
    /// At the threshold that is best on the other half of the images; each half in turn.
    package let f1: Double
    package let binaryMeanIntersectionOverUnion: Double
    /// Over the pixels with a maximum softmax above 0.9 alone.
    package let confidentAveragePrecision: Double
    package let confidentAreaUnderROC: Double
  }

  /// An order of the images.
  package struct Ranking: Sendable, Codable {
    package let ranking: String
    /// Spearman's ρ with the true error rate.
    package let spearman: Double
    /// Share of all wrong pixels in the first tenth and fifth of the images; 0.1 and 0.2 for a random order.
    package let foundInFirst10Percent: Double
    package let foundInFirst20Percent: Double
    /// Area between the curve of found wrong pixels and the perfect one; 0 is best.
    package let areaBelowPerfect: Double
  }

  /// ELN's error probability as a probability.
  package struct Calibration: Sendable, Codable {
    /// 15 bins.
    package let expectedCalibrationError: Double
    package let bins: [CalibrationBin]
    /// Of the whole folder; all three over the pixels that are not ignored.
    package let trueErrorRate: Double
    package let estimatedErrorRate: Double
    /// Mean absolute difference of an image's estimated and true error rate.
    package let meanImageGap: Double
    /// The share of the images whose true error rate lies in the interval that the audit gives it, and the share that
    /// should; `nil` without a calibration.
    package let imagesInInterval: Double?
    package let intervalCoverage: Double?
  }

  /// The error regions of the audit, of those that have an interval and at least one known pixel.
  package struct Regions: Sendable, Codable {
    package let count: Int
    /// The share whose true error rate lies in the interval that the audit gives it.
    package let inInterval: Double
    /// The same of the images' worst regions, and of their other regions the mean over the images: these are what
    /// `intervalCoverage` promises. `nil` where there is none.
    package let worstInInterval: Double?
    package let othersInInterval: Double?
    package let intervalCoverage: Double
  }
}
