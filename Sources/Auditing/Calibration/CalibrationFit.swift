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
  ///     are asked for in order, again where one score is taken alone.
  /// - Throws: what `regions` throws.
  /// - Precondition: at least two samples.
  package init(
    _ samples: [CalibrationSample], regionSettings: RegionSettings,
    regions: (_ sample: Int, ErrorCalibration) throws -> [CalibrationCounts]
  ) rethrows {
    let joined = try CalibrationReport(samples, regionSettings: regionSettings, regions: regions)
    let better = samples[0].scoreNames.enumerated().compactMap { index, name in
      joined.averagePrecisionBefore[name].map { (index: index, precision: $0) }
    }.filter { $0.precision > joined.averagePrecisionAfter }.max { $0.precision < $1.precision }
    guard let better else {
      report = joined
      calibration = ErrorCalibration(samples).shrunk(classWeight: joined.classWeight ?? 1)
      return
    }
    report = try CalibrationReport(
      samples, alone: better.index, regionSettings: regionSettings, regions: regions)
    calibration = ErrorCalibration(samples, alone: better.index)
  }
}
