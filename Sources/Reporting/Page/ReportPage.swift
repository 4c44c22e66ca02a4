import AuditStore
import Auditing
import Foundation
import Imaging
import Mustache

/// One self-contained HTML page about a run: no scripts, pictures inside.
package struct ReportPage {
  /// Pictures are made no wider than this. *Units*: pixels.
  private static let pictureWidth = 480

  private let content: ReportContent

  package init(_ content: ReportContent) { self.content = content }

  package func html() throws -> String {
    let template = try MustacheTemplate(string: ReportTemplate.text)
    return template.render(values)
  }

  private var values: [String: Any] {
    let (totals, description) = (content.totals, content.run.description)
    return [
      "run": description.name, "folder": description.folder, "model": description.modelPath,
      "hash": String(description.modelSHA256.prefix(16)), "version": description.programVersion,
      "created": content.run.createdAt, "finished": content.run.finishedAt ?? "not finished",
      "configuration": description.configuration, "images": Self.grouped(Double(totals.imageCount)),
      "failed": Self.grouped(Double(totals.failedCount)), "pixels": Self.grouped(Double(totals.pixelCount)),
      "rate": Self.percent(totals.expectedErrorRate), "wrong": Self.grouped(totals.expectedWrongPixels),
      "pixelPlot": pixelPlot, "imagePlot": imagePlot, "curvePlot": curvePlot, "classes": classRows,
      "worst": worstRows, "hasFailures": !content.failures.isEmpty,
      "failures": content.failures.map { ["path": $0.path, "reason": $0.reason] },
      "legend": zip(description.classes, content.classes).map { item, _ in
        ["name": item.name, "color": "rgb(\(item.red),\(item.green),\(item.blue))"]
      }, "heat": Self.dataURI(HeatMap.legend(width: 240, height: 12)),
    ]
  }

  private var pixelPlot: String {
    Plot.histogram(
      content.totals.histogram, xLabel: "error probability", yLabel: "pixels",
      description: "Share of all pixels by error probability")
  }

  private var imagePlot: String {
    var bins = [Int](repeating: 0, count: 20)
    for rate in content.errorRates { bins[min(19, Int(rate * 20))] += 1 }
    return Plot.histogram(
      bins, xLabel: "expected error rate", yLabel: "images",
      description: "Share of all images by expected error rate")
  }

  private var curvePlot: String {
    let total = max(1e-9, content.expectedWrongPixels.reduce(0, +))
    let count = Double(max(1, content.expectedWrongPixels.count))
    var sum = 0.0
    var points = [(x: 0.0, y: 0.0)]
    for (index, pixels) in content.expectedWrongPixels.enumerated() {
      sum += pixels
      points.append((Double(index + 1) / count, sum / total))
    }
    return Plot.curve(
      points, xLabel: "images reviewed, worst first", yLabel: "wrong pixels seen",
      description: "Share of the expected wrong pixels in the first images of the ranking")
  }

  private var classRows: [[String: String]] {
    zip(content.run.description.classes, content.classes).map { item, totals in
      [
        "name": item.name, "color": "rgb(\(item.red),\(item.green),\(item.blue))",
        "images": Self.grouped(Double(totals.imageCount)),
        "pixels": Self.grouped(Double(totals.predictedPixels)),
        "wrong": Self.grouped(totals.expectedWrongPixels),
        "rate": totals.predictedPixels == 0 ? "–" : Self.percent(totals.expectedErrorRate),
        "bar": String(format: "%.1f", totals.expectedErrorRate * 100),
      ]
    }
  }

  private var worstRows: [[String: Any]] {
    content.worst.enumerated().map { index, item in
      [
        "position": index + 1, "path": item.image.path,
        "rate": Self.percent(item.image.statistics.meanErrorProbability),
        "wrong": Self.grouped(item.image.statistics.expectedWrongPixels),
        "region": Self.grouped(item.image.worstRegionPixels),
        "pictures": zip(item.pictures, ["image", "pseudo-labels", "error probability"]).map { picture, what in
          ["source": Self.dataURI(picture), "alt": "\(what) of \(item.image.path)", "caption": what]
        },
      ]
    }
  }

  private static func dataURI(_ image: RGBImage) -> String {
    var image = image
    if image.width > pictureWidth {
      image = image.resized(width: pictureWidth, height: max(1, image.height * pictureWidth / image.width))
    }
    let bytes = JPEGEncoder.encode(image, quality: 85, subsampled: true)
    return "data:image/jpeg;base64," + Data(bytes).base64EncodedString()
  }

  private static func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }

  /// 1234567 → "1 234 567".
  static func grouped(_ value: Double) -> String {
    var digits = String(format: "%.0f", abs(value))
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "−" : "") + ([digits] + groups).joined(separator: "\u{202F}")
  }
}
