import ErrorLocalization
import Foundation

/// What `errata train --dry-run` found.
struct DryRunReport: Encodable {
  let data: DataReport
  /// `nil` where only the data were asked for, or where they stop a training.
  let training: Rehearsal?

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  var text: String {
    var paragraphs = [parts, classes]
    if !data.notes.isEmpty { paragraphs.append(Self.list("Worth a look", data.notes)) }
    if !data.problems.isEmpty {
      paragraphs.append(Self.list("A training would stop at these \(data.problems.count)", data.problems))
    }
    if let training { paragraphs.append(Self.stages(training)) }
    return paragraphs.joined(separator: "\n\n")
  }

  private static func list(_ head: String, _ lines: [String]) -> String {
    let shown = lines.prefix(50).map { "  " + $0 }
    let more = lines.count > shown.count ? ["  … and \(lines.count - shown.count) more; --json has all"] : []
    return ([head + ":"] + shown + more).joined(separator: "\n")
  }

  private var parts: String {
    data.parts.map { part in
      let sizes = part.sizes.prefix(5).map { "\($0.width)×\($0.height): \($0.imageCount)" }
      let more = part.sizes.count > sizes.count ? ", and \(part.sizes.count - sizes.count) other sizes" : ""
      return
        "\(part.name.padded(to: 10))  \(part.imageCount) images (\(sizes.joined(separator: ", "))\(more))"
    }.joined(separator: "\n")
  }

  private var classes: String {
    let width = max(5, data.classes.map(\.name.count).max() ?? 0)
    let hasValidation = data.classes.contains { $0.validationImages != nil }
    let head =
      "class".padded(to: width) + "    labelled  images" + (hasValidation ? "  validation  images" : "")
    return
      ([head]
      + data.classes.map { row in
        var line = row.name.padded(to: width) + Self.percent(row.labeledShare).aligned(to: 12)
        line += "\(row.labeledImages)".aligned(to: 8)
        if let share = row.validationShare, let images = row.validationImages {
          line += Self.percent(share).aligned(to: 12) + "\(images)".aligned(to: 8)
        }
        return line
      }).joined(separator: "\n")
  }

  private static func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }

  private static func stages(_ training: Rehearsal) -> String {
    let width = Stage.allCases.map(\.rawValue.count).max() ?? 0
    var lines = [
      "\(training.parameterCount / 1000) thousand parameters; measured on a few steps of each stage:",
      "stage".padded(to: width) + "   seconds a step  images/s    memory     steps  in all",
    ]
    for row in training.stages {
      let all = ProgressReporter.text(.seconds(Double(row.steps) * row.secondsPerStep))
      lines.append(
        row.stage.rawValue.padded(to: width) + String(format: "%17.2f", row.secondsPerStep)
          + String(format: "%10.1f", row.imagesPerSecond)
          + (row.peakBytes.map(ProcessMemory.text) ?? "–").aligned(to: 10)
          + "\(row.steps)".aligned(to: 10) + "  \(all)")
    }
    if let seconds = training.validationSecondsPerImage {
      lines.append(String(format: "validation: %.2f s an image and network", seconds))
    }
    var total = "in all \(ProgressReporter.text(.seconds(training.trainingSeconds)))"
    if let bytes = training.peakBytes { total += " and at most \(ProcessMemory.text(bytes)) of memory" }
    return (lines + [total]).joined(separator: "\n")
  }
}
