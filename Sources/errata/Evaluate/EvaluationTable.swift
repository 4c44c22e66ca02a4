import Auditing
import Foundation

/// An evaluation as aligned text.
struct EvaluationTable {
  let summary: EvaluationSummary
  let classes: [String]
  /// Images to list.
  let top: Int

  var text: String {
    let parts = [segmentation, detection, ranking, calibration] + (top > 0 ? [images] : [])
    return parts.joined(separator: "\n\n")
  }

  private var images: String {
    let byTruth = summary.images.sorted { $0.trueErrorRate > $1.trueErrorRate }.map(\.name)
    var truePosition: [String: Int] = [:]
    for (index, name) in byTruth.enumerated() { truePosition[name] = index + 1 }
    var lines = [
      "The top of the ranking by expected error rate, with the truth",
      "     #  expected      true  true #  image",
    ]
    for (index, image) in summary.images.prefix(top).enumerated() {
      lines.append(
        String(
          format: "  %4d  %6.2f %%  %6.2f %%  %6d  ", index + 1, image.expectedErrorRate * 100,
          image.trueErrorRate * 100, truePosition[image.name] ?? 0) + image.name)
    }
    return lines.joined(separator: "\n")
  }

  private var segmentation: String {
    let values = summary.segmentation
    var lines = [
      String(
        format: "Segmentation of %d images (more is better): mIoU %.4f, pixel accuracy %.4f",
        summary.imageCount,
        values.meanIntersectionOverUnion, values.pixelAccuracy)
    ]
    let width = classes.map(\.count).max() ?? 0
    for (name, value) in zip(classes, values.intersectionOverUnion) {
      lines.append("  " + name.padded(to: width) + (value.map { String(format: "  %.4f", $0) } ?? "  –"))
    }
    return lines.joined(separator: "\n")
  }

  private var detection: String {
    let width = summary.detection.map(\.detector.rawValue.count).max() ?? 0
    var lines = [
      "Wrong pixels found (more is better; F1 and mIoU at the threshold that is best on the other half of the images;",
      "\"confident\": only pixels with maximum softmax above \(AuditEvaluation.confidentAbove))",
      "  " + "".padded(to: width) + "      AP   AUROC      F1    mIoU  confident AP  AUROC",
    ]
    for row in summary.detection {
      lines.append(
        "  " + row.detector.rawValue.padded(to: width)
          + String(
            format: "  %.4f  %.4f  %.4f  %.4f        %.4f  %.4f", row.averagePrecision, row.areaUnderROC,
            row.f1,
            row.binaryMeanIntersectionOverUnion, row.confidentAveragePrecision, row.confidentAreaUnderROC))
    }
    return lines.joined(separator: "\n")
  }

  private var ranking: String {
    let width = summary.ranking.map(\.ranking.count).max() ?? 0
    var lines = [
      "Images ranked (Spearman's ρ with the true error rate; share of all wrong pixels in the first 10 % and 20 % of the",
      "images, 0.1 and 0.2 at random; area between the curve and the perfect one, less is better)",
      "  " + "".padded(to: width) + "       ρ    10 %    20 %    area",
    ]
    for row in summary.ranking {
      lines.append(
        "  " + row.ranking.padded(to: width)
          + String(
            format: " %7.4f  %.4f  %.4f  %.4f", row.spearman, row.foundInFirst10Percent,
            row.foundInFirst20Percent, row.areaBelowPerfect))
    }
    return lines.joined(separator: "\n")
  }

  private var calibration: String {
    let values = summary.calibration
    var text = String(
      format: """
        Calibration of the error probability: expected calibration error %.4f (15 bins, less is better)
          error rate of the folder: estimated %.2f %%, true %.2f %%; mean gap of an image %.2f percentage points
        """, values.expectedCalibrationError, values.estimatedErrorRate * 100, values.trueErrorRate * 100,
      values.meanImageGap * 100)
    if let inside = values.imagesInInterval, let coverage = values.intervalCoverage {
      text += String(
        format: "\n  images whose true error rate lies in their interval: %.1f %%, promised %.0f %%",
        inside * 100,
        coverage * 100)
    }
    if let regions = summary.regions {
      text += String(
        format: "\n  regions whose true error rate lies in their interval: %.1f %% of %d",
        regions.inInterval * 100,
        regions.count)
      let parts = [
        ("of an image's worst ones", regions.worstInInterval),
        ("of an image's others on average", regions.othersInInterval),
      ].compactMap { name, share in share.map { String(format: "%@ %.1f %%", name, $0 * 100) } }
      text += String(
        format: "\n    %@; promised %.0f %%", parts.joined(separator: ", "), regions.intervalCoverage * 100)
    }
    return text
  }
}
