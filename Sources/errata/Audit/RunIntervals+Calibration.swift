import AuditStore
import Auditing

extension RunIntervals {
  /// Of a run and of each class in it, from the images that its model was calibrated on.
  init(_ totals: RunTotals, classes: [ClassTotals], calibration: CalibrationReport) {
    self.init(
      overall: totals.imageCount == 0
        ? nil
        : ErrorRateInterval(
          estimate: totals.expectedErrorRate, counts: calibration.images.map(\.counts),
          batchImages: totals.imageCount))
    for (index, item) in classes.enumerated() where item.imageCount > 0 {
      guard let counts = calibration.counts(ofClass: index) else { continue }
      byClass[index] = ErrorRateInterval(
        estimate: item.expectedErrorRate, counts: counts, batchImages: item.imageCount)
    }
  }
}
