import AuditStore
import Foundation

/// Two runs side by side.
struct RunComparison: Encodable {
  struct Image: Encodable {
    let path: String
    let errorRateBefore: Double
    let errorRateAfter: Double
    let wrongPixelsBefore: Double
    let wrongPixelsAfter: Double
    /// Whether the files' bytes are the same.
    let sameContent: Bool

    var change: Double { wrongPixelsAfter - wrongPixelsBefore }
  }

  struct Class: Encodable {
    let name: String
    let predictedPixelsBefore: Int
    let predictedPixelsAfter: Int
    let wrongPixelsBefore: Double
    let wrongPixelsAfter: Double
  }

  /// In both runs, the largest change first.
  let images: [Image]
  let onlyBefore: [String]
  let onlyAfter: [String]
  /// Over all images of each run.
  let classes: [Class]

  init(
    images: (before: [AuditedImage], after: [AuditedImage]),
    classes: (before: [ClassTotals], after: [ClassTotals])
  ) {
    let later = Dictionary(uniqueKeysWithValues: images.after.map { ($0.path, $0) })
    let earlier = Set(images.before.map(\.path))
    self.images = images.before.compactMap { image in
      later[image.path].map {
        Image(
          path: image.path, errorRateBefore: image.statistics.meanErrorProbability,
          errorRateAfter: $0.statistics.meanErrorProbability,
          wrongPixelsBefore: image.statistics.expectedWrongPixels,
          wrongPixelsAfter: $0.statistics.expectedWrongPixels,
          sameContent: image.contentSHA256 == $0.contentSHA256)
      }
    }.sorted { (abs($1.change), $0.path) < (abs($0.change), $1.path) }
    onlyBefore = images.before.map(\.path).filter { later[$0] == nil }.sorted()
    onlyAfter = images.after.map(\.path).filter { !earlier.contains($0) }.sorted()
    let names = classes.before.map(\.name) + classes.after.map(\.name)
    let before = Dictionary(classes.before.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    let after = Dictionary(classes.after.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    var seen: Set<String> = []
    self.classes = names.filter { seen.insert($0).inserted }.map { name in
      Class(
        name: name, predictedPixelsBefore: before[name]?.predictedPixels ?? 0,
        predictedPixelsAfter: after[name]?.predictedPixels ?? 0,
        wrongPixelsBefore: before[name]?.expectedWrongPixels ?? 0,
        wrongPixelsAfter: after[name]?.expectedWrongPixels ?? 0)
    }
  }

  func text(first: String, second: String, top: Int) -> String {
    let before = images.reduce(0.0) { $0 + $1.wrongPixelsBefore }
    let after = images.reduce(0.0) { $0 + $1.wrongPixelsAfter }
    let better = images.count { $0.change < 0 }
    let changed = images.count { !$0.sameContent }
    var lines = [
      "\(images.count) images in both runs; expected wrong pixels "
        + String(format: "%.0f → %.0f (%+.1f %%)", before, after, before > 0 ? 100 * (after / before - 1) : 0)
        + "; fewer in \(better)\(changed > 0 ? "; \(changed) files changed" : "")"
    ]
    if !onlyBefore.isEmpty { lines.append("only in '\(first)': \(onlyBefore.count)") }
    if !onlyAfter.isEmpty { lines.append("only in '\(second)': \(onlyAfter.count)") }
    lines += ["", "error rate in what is labelled as:    before     after"]
    for item in classes {
      lines.append(
        "  " + item.name.padding(toLength: 32, withPad: " ", startingAt: 0)
          + rate(item.wrongPixelsBefore, item.predictedPixelsBefore)
          + rate(item.wrongPixelsAfter, item.predictedPixelsAfter))
    }
    lines += ["", "    before     after  wrong pixels  image"]
    for image in images.prefix(top) {
      lines.append(
        String(
          format: "%8.2f %% %7.2f %%  %+12.0f  ", image.errorRateBefore * 100, image.errorRateAfter * 100,
          image.change) + image.path)
    }
    return lines.joined(separator: "\n")
  }

  private func rate(_ wrong: Double, _ pixels: Int) -> String {
    pixels == 0 ? "         –" : String(format: "%8.2f %%", 100 * wrong / Double(pixels))
  }
}
