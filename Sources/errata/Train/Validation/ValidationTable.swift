import Foundation

/// A validation as aligned text, a column for each network.
struct ValidationTable {
  let result: ValidationResult
  let classes: [String]
  let isBest: Bool

  var text: String {
    let names = result.networks.keys.sorted()
    let networks = names.compactMap { result.networks[$0] }
    let detectors = Set(networks.flatMap(\.wrongPixels.keys)).sorted()
    var rows: [(String, [Double?])] = [
      ("mIoU", networks.map(\.meanIntersectionOverUnion)),
      ("pixel accuracy", networks.map(\.pixelAccuracy)),
    ]
    rows += classes.map { label in ("  " + label, networks.map { $0.intersectionOverUnion[label] ?? nil }) }
    for detector in detectors {
      rows.append(("AP, \(detector)", networks.map { $0.wrongPixels[detector]?.averagePrecision }))
      rows.append(("AUROC, \(detector)", networks.map { $0.wrongPixels[detector]?.areaUnderROC }))
    }
    let width = rows.map(\.0.count).max() ?? 0
    let head =
      "validation after step \(result.step) (\(result.validatedStage.rawValue)): \(result.imageCount) images "
      + String(format: "in %.0f s", result.durationSeconds) + (isBest ? "; the best mIoU so far" : "")
    let columns = "".padded(to: width) + names.map { "  " + $0.padded(to: 7) }.joined()
    return
      ([head, "  " + columns]
      + rows.map { name, values in
        "  " + name.padded(to: width)
          + values.map { $0.map { String(format: "  %-7.4f", $0) } ?? "  –      " }.joined()
      }).joined(separator: "\n")
  }
}
