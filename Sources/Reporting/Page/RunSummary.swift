import Auditing
import AuditStore

/// The parts of the page that speak of the whole run.
struct RunSummary {
  let run: AuditRun
  let totals: RunTotals
  /// Pixels by error probability.
  let histogram: [Int]
  let classTotals: [ClassTotals]
  /// Of each image, the most first.
  let expectedWrongPixels: [Double]
  /// Of each image, the lowest first.
  let errorRates: [Double]
  /// `nil` without a calibration.
  let interval: ErrorRateInterval?

  private var curve: ReviewCurve { ReviewCurve(expectedWrongPixels: expectedWrongPixels) }

  var subtitle: String {
    "\(NumberText.images(totals.imageCount)) audited with errata \(run.description.programVersion), "
      + "\(NumberText.count(run.description.classes.count)) classes, started \(Self.readable(run.createdAt))"
  }

  var notices: [String] {
    var notices: [String] = []
    if run.finishedAt == nil {
      notices.append(
        "This audit has not finished: images of the folder may be missing here. The same errata audit command "
          + "continues it.")
    }
    if totals.failedCount > 0 {
      notices.append(
        "\(NumberText.images(totals.failedCount)) could not be audited; the reasons are at the end of the page."
      )
    }
    return notices
  }

  var tiles: [ReportPage.Tile] {
    let failed =
      totals.failedCount == 0 ? "None failed." : "\(NumberText.count(totals.failedCount)) more failed."
    var tiles = [
      ReportPage.Tile(
        isLead: true, name: "Expected error rate", number: NumberText.percent(totals.expectedErrorRate),
        unit: nil,
        meaning:
          "Of all pixels, this share is expected to be labelled wrongly\(intervalText). Lower is better."),
      ReportPage.Tile(
        name: "Expected wrong pixels", number: NumberText.count(Int(totals.expectedWrongPixels.rounded())),
        unit: "px",
        meaning: "What relabelling everything would mend. Lower is better."),
      ReportPage.Tile(
        name: "Labelled pixels", number: NumberText.count(totals.pixelCount), unit: "px",
        meaning: "Every pixel of the images below has a label and an error probability."),
      ReportPage.Tile(
        name: "Images audited", number: NumberText.count(totals.imageCount),
        unit: totals.imageCount == 1 ? "image" : "images",
        meaning: failed),
    ]
    if totals.imageCount > 0, let half = curve.images(toFind: 0.5), totals.expectedWrongPixels > 0 {
      tiles.append(
        ReportPage.Tile(
          name: "Half the errors lie in", number: NumberText.count(half),
          unit: half == 1 ? "image" : "images",
          meaning:
            "The \(half == 1 ? "worst one holds" : "worst ones hold") half of the expected wrong pixels: "
            + "\(NumberText.percent(Double(half) / Double(totals.imageCount))) of the images. Fewer means less to "
            + "review."))
    }
    return tiles
  }

  private var intervalText: String {
    guard let interval else { return "" }
    return "; with \(NumberText.percent(interval.coverage)) confidence, between "
      + "\(NumberText.percent(interval.lower)) and \(NumberText.percent(interval.upper))"
  }

  var plots: [ReportPage.Plot] { [pixelPlot, imagePlot, reviewPlot] }

  private var pixelPlot: ReportPage.Plot {
    let bins = histogram
    let count = Double(max(1, bins.reduce(0, +)))
    let likely = Double(bins.suffix(bins.count / 2).reduce(0, +)) / count
    let bars = bins.enumerated().map { index, pixels in
      let (low, high) = (Double(index) / Double(bins.count), Double(index + 1) / Double(bins.count))
      return BarPlot.Bar(
        value: Double(pixels) / count, text: NumberText.shortPercent(Double(pixels) / count),
        tooltip: "Error probability \(NumberText.decimal(low, 2)) to \(NumberText.decimal(high, 2)): "
          + "\(NumberText.pixels(pixels)), \(NumberText.percent(Double(pixels) / count))")
    }
    let plot = BarPlot(
      bars: bars, xRange: 0...1,
      xTicks: [0, 0.25, 0.5, 0.75, 1].map { ($0, NumberText.decimal($0, $0 == 0 || $0 == 1 ? 0 : 2)) },
      xTitle: "Error probability of a pixel", yTitle: "Share of all pixels, %",
      yText: { NumberText.shortPercent($0) },
      label:
        "Histogram of the error probability of all pixels; \(NumberText.percent(likely)) are at 0.5 or more.",
      showsHeatScale: true)
    return ReportPage.Plot(
      heading: "Pixels by error probability",
      explanation:
        "\(NumberText.percent(likely)) of the pixels are at 0.5 or more: more probably wrong than right. "
        + "Far to the left is good; what lies in the middle, the model cannot decide.",
      svg: plot.draw())
  }

  private var imagePlot: ReportPage.Plot {
    let rates = errorRates
    let step = PlotFrame.step(covering: max(rates.last ?? 0, 0.001), count: 20)
    let binCount = max(4, Int(((rates.last ?? 0) / step + 0.000_001).rounded(.down)) + 1)
    var bins = [Int](repeating: 0, count: binCount)
    for rate in rates { bins[min(binCount - 1, Int(rate / step))] += 1 }
    let bars = bins.enumerated().map { index, count in
      BarPlot.Bar(
        value: Double(count), text: NumberText.count(count),
        tooltip: "Expected error rate \(NumberText.percent(Double(index) * step)) to "
          + "\(NumberText.percent(Double(index + 1) * step)): \(NumberText.images(count))")
    }
    let upper = Double(binCount) * step
    let tick = PlotFrame.step(covering: upper, count: 6)
    let decimals = tick < 0.001 ? 2 : tick < 0.01 ? 1 : 0
    let median = rates.isEmpty ? 0 : (rates[(rates.count - 1) / 2] + rates[rates.count / 2]) / 2
    let plot = BarPlot(
      bars: bars, xRange: 0...upper,
      xTicks: PlotFrame.multiples(of: tick, upTo: upper).map { ($0, NumberText.decimal($0 * 100, decimals)) },
      xTitle: "Expected error rate of an image, %", yTitle: "Images",
      yText: { NumberText.count(Int($0)) }, minimumYStep: 1,
      label: "Histogram of the images’ expected error rates; median \(NumberText.percent(median)), "
        + "worst \(NumberText.percent(rates.last ?? 0)).")
    return ReportPage.Plot(
      heading: "Images by expected error rate",
      explanation: "Half of the images are below \(NumberText.percent(median)), the worst is at "
        + "\(NumberText.percent(rates.last ?? 0)). Images that stand apart at the right deserve the first look.",
      svg: plot.draw())
  }

  private var reviewPlot: ReportPage.Plot {
    let curve = curve
    let tenth = curve.share(inFirst: 0.1)
    return ReportPage.Plot(
      isWide: true, heading: "What reviewing the worst images first finds",
      explanation: "Ordered by expected wrong pixels. The first \(NumberText.images(tenth.images)) hold "
        + "\(NumberText.percent(tenth.found)) of them; in random order it would be "
        + "\(NumberText.percent(Double(tenth.images) / Double(max(1, curve.imageCount)))). The further the curve "
        + "bends away from the dashed line, the more the ranking saves.",
      svg: curve.draw())
  }

  var legend: [ReportPage.ClassColor] {
    run.description.classes.indices.map {
      ReportPage.ClassColor(name: run.description.className($0), color: run.description.cssColor($0))
    }
  }

  var classRows: [ReportPage.ClassRow] {
    let wrong = max(totals.expectedWrongPixels, .leastNonzeroMagnitude)
    let largest = max(classTotals.map(\.expectedWrongPixels).max() ?? 0, .leastNonzeroMagnitude)
    let sorted = classTotals.enumerated().sorted {
      ($0.element.expectedWrongPixels, $1.offset) > ($1.element.expectedWrongPixels, $0.offset)
    }
    return sorted.map { index, item in
      ReportPage.ClassRow(
        name: item.name, color: run.description.cssColor(index), isPredicted: item.predictedPixels > 0,
        imageCount: NumberText.count(item.imageCount),
        predictedPixels: NumberText.pixels(item.predictedPixels),
        errorRate: NumberText.percent(item.expectedErrorRate),
        errorRateWidth: NumberText.decimal(item.expectedErrorRate * 100, 1),
        shareOfWrong: NumberText.percent(min(1, item.expectedWrongPixels / wrong)),
        shareWidth: NumberText.decimal(item.expectedWrongPixels / largest * 100, 1),
        wrongPixels: NumberText.pixels(item.expectedWrongPixels))
    }
  }

  var facts: [ReportPage.Fact] {
    let description = run.description
    return [
      ReportPage.Fact(name: "Run", value: description.name),
      ReportPage.Fact(name: "Folder of images", value: description.folder),
      ReportPage.Fact(name: "Model", value: description.modelPath),
      ReportPage.Fact(name: "SHA-256 of the model", value: description.modelSHA256),
      ReportPage.Fact(name: "Audit started", value: Self.readable(run.createdAt)),
      ReportPage.Fact(name: "Audit finished", value: run.finishedAt.map(Self.readable) ?? "not yet"),
      ReportPage.Fact(name: "Program", value: "errata \(description.programVersion)"),
      ReportPage.Fact(name: "Settings", value: description.configuration),
    ]
  }

  /// `2026-03-01T12:34:56Z` as `2026-03-01 12:34:56 UTC`.
  private static func readable(_ date: String) -> String {
    date.replacing("T", with: " ").replacing("Z", with: " UTC")
  }
}
