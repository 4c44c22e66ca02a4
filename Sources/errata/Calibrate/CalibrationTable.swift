import Auditing
import Foundation

/// A calibration for people, and for scripts.
struct CalibrationTable {
  let report: CalibrationReport
  let classNames: [String]
  let file: CalibrationFile

  var text: String {
    let pixels = report.images.reduce(0) { $0 + $1.pixels }
    let wrong = report.images.reduce(0) { $0 + $1.wrongPixels }
    let estimated = report.images.reduce(0.0) { $0 + $1.estimatedWrongPixels }
    var lines = [
      "\(report.images.count) images, \(pixels) pixels, "
        + String(
          format: "%.2f %% wrong; estimated without them %.2f %%", share(Double(wrong), pixels),
          share(estimated, pixels)),
      "", "On images that each fit has not seen (\(report.foldCount)-fold cross-validation):",
      row("", ["AP", "AUROC", "calibration error"]),
    ]
    for name in file.calibration.scoreNames {
      lines.append(
        row(
          name,
          [
            number(report.averagePrecisionBefore[name]), number(report.areaUnderROCBefore[name]),
            number(report.errorBefore[name]),
          ]))
    }
    lines.append(
      row(
        "calibrated",
        [number(report.averagePrecisionAfter), number(report.areaUnderROCAfter), number(report.errorAfter)]))
    if let name = report.alone {
      lines += ["", "joined, all of them would be worse: \(name) is calibrated by itself"]
    }
    let own = file.calibration.byClass.keys.sorted().map { classNames[$0] }
    lines += ["", "classes with a map of their own: \(own.isEmpty ? "none" : own.joined(separator: ", "))"]
    if !own.isEmpty, let weight = report.classWeight {
      lines.append(String(format: "weight of these maps beside that of all classes: %.2f", weight))
    }
    let ratios = RegionErrorRatios(report.images.compactMap(\.regions))
    for (name, ratio) in [("an image's worst region", ratios.worst), ("another region", ratios.others)] {
      guard let ratio else { continue }
      lines.append(
        String(
          format: "true error rate of %@: %.2f to %.2f times the expected one (%.0f %% of %d images)", name,
          ratio.lower, ratio.upper, ratio.coverage * 100, ratio.calibrationImages))
    }
    return lines.joined(separator: "\n")
  }

  static func json(_ report: CalibrationReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }

  private func share(_ part: Double, _ whole: Int) -> Double { 100 * part / Double(max(1, whole)) }

  private func number(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }

  private func row(_ name: String, _ cells: [String]) -> String {
    var line = "  " + name.padding(toLength: 14, withPad: " ", startingAt: 0)
    for cell in cells { line += String(repeating: " ", count: max(1, 19 - cell.count)) + cell }
    return line
  }
}
