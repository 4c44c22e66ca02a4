/// A calibration and what cross-validation says of it.
///
/// All scores are joined, unless one of them alone finds wrong pixels better on images that the fit has not seen (average
/// precision). Then that one is calibrated by itself: its order of the pixels stays, but for those that the map makes
/// equal.
package struct CalibrationFit: Sendable {
  package let calibration: ErrorCalibration
  package let report: CalibrationReport

  /// - Parameters:
  ///   - regionSettings: the rule that `regions` follows.
  ///   - regions: what the truth says of a sample's regions, by a calibration that was fitted without it; the samples
  ///     are asked for in order.
  /// - Throws: what `regions` throws.
  /// - Precondition: at least two samples.
  package init(
    _ samples: [CalibrationSample], regionSettings: RegionSettings,
    regions: (_ sample: Int, ErrorCalibration) throws -> [CalibrationCounts]
  ) rethrows {
    var folds = CalibrationFolds(samples)
    var report = CalibrationReport(samples, folds)
    if let better = Self.betterPart(than: report, samples[0].scoreNames) {
      folds = CalibrationFolds(samples, alone: better)
      report = CalibrationReport(samples, folds)
    }
    try report.addRegions(folds, settings: regionSettings, counts: regions)
    self.report = report
    calibration = ErrorCalibration(samples, alone: folds.score).shrunk(classWeight: folds.classWeight)
  }

  /// The index of the score with the highest average precision, where that is higher than of all joined.
  private static func betterPart(than joined: CalibrationReport, _ names: [String]) -> Int? {
    names.enumerated().compactMap { index, name in
      joined.averagePrecisionBefore[name].map { (index: index, precision: $0) }
    }.filter { $0.precision > joined.averagePrecisionAfter }.max { $0.precision < $1.precision }?.index
  }
}
