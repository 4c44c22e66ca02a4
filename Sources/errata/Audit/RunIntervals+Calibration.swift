import AuditStore
import Auditing

extension RunIntervals {
  /// Of a run, of each class in it, and of its single images and regions, from the images that its model was calibrated
  /// on.
  ///
  /// - Parameter regions: the rule by which the run's regions were found.
  init(_ totals: RunTotals, classes: [ClassTotals], regions: RegionSettings, calibration: CalibrationReport) {
    self.init(
      overall: totals.imageCount == 0
        ? nil
        : ErrorRateInterval(
          estimate: totals.expectedErrorRate, counts: calibration.images.map(\.counts),
          batchImages: totals.imageCount),
      ofImage: ErrorRateRatio.ofImage(calibration.images.map(\.counts)),
      ofRegion: calibration.regionRatios(regions))
    for (index, item) in classes.enumerated() where item.imageCount > 0 {
      guard let counts = calibration.counts(ofClass: index) else { continue }
      byClass[index] = ErrorRateInterval(
        estimate: item.expectedErrorRate, counts: counts, batchImages: item.imageCount)
      ofImageByClass[index] = ErrorRateRatio.ofImage(counts)
    }
  }
}
