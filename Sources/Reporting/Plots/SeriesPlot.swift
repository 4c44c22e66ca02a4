import Foundation

/// Curves of several series over one axis, each point with its spread.
package struct SeriesPlot {
  package struct Point: Sendable {
    package let x: Double
    package let mean: Double
    /// `nil` where it is not known.
    package let deviation: Double?

    package init(x: Double, mean: Double, deviation: Double?) {
      self.x = x
      self.mean = mean
      self.deviation = deviation
    }
  }

  package struct Series: Sendable {
    package let name: String
    package let points: [Point]

    package init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  private let series: [Series]
  private let xTitle: String
  private let yTitle: String
  private let decimals: Int

  /// - Parameter decimals: of the numbers at the left; more where their distance asks for it.
  package init(series: [Series], xTitle: String, yTitle: String, decimals: Int) {
    self.series = series.filter { !$0.points.isEmpty }
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.decimals = decimals
  }

  /// Each distinct from the others for people who do not see all colours, too (Okabe and Ito; then Tableau's).
  private static let colors = [
    "#777777", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C564B",
    "#9467BD",
  ]
  /// *Units*: those of the canvas.
  private static let legendHeight = 20.0
  private static let legendColumns = 4
  /// Between the same point of neighbouring series, so that their spreads can be told apart.
  private static let shift = 5.0

  /// A document of its own.
  package func svg() -> String {
    let legendRows = (series.count + Self.legendColumns - 1) / Self.legendColumns
    let names = series.map(\.name).joined(separator: ", ")
    var canvas = SVGCanvas(
      width: PlotFrame.width, height: PlotFrame.height + Self.legendHeight * Double(legendRows) + 6,
      label: "\(yTitle) against \(xTitle), mean and standard deviation, for \(names).")
    let step = yStep
    let low = (leastY / step + 1e-9).rounded(.down) * step
    let high = max(low + step, (greatestY / step - 1e-9).rounded(.up) * step)
    let frame = PlotFrame(xRange: xRange, yRange: low...high)
    let places = max(decimals, Int((-log10(step) - 1e-9).rounded(.up)))
    frame.draw(
      on: &canvas, xTitle: xTitle, yTitle: yTitle,
      xTicks: xValues.map { ($0, NumberText.count(Int($0))) },
      yTicks: PlotFrame.multiples(of: step, upTo: high - low).map {
        (low + $0, NumberText.decimal(low + $0, places))
      })
    for index in series.indices { draw(index, on: &canvas, frame, places: places) }
    drawLegend(on: &canvas)
    return canvas.document(rules: Self.rules)
  }

  private static let rules =
    colors.enumerated().map { ".series-\($0) { stroke: \($1); fill: \($1) }" }.joined(separator: " ")
    + " .series-line { fill: none; stroke-width: 2 } .whisker { stroke-width: 1 }"

  private var points: [Point] { series.flatMap(\.points) }
  private var xValues: [Double] { Set(points.map(\.x)).sorted() }
  private var leastY: Double { points.map { $0.mean - ($0.deviation ?? 0) }.min() ?? 0 }
  private var greatestY: Double { points.map { $0.mean + ($0.deviation ?? 0) }.max() ?? 1 }
  private var yStep: Double { PlotFrame.step(covering: max(1e-3, greatestY - leastY), count: 5) }

  /// With room for the shifts at both ends.
  private var xRange: ClosedRange<Double> {
    let (low, high) = (xValues.first ?? 0, xValues.last ?? 1)
    let margin = max(1, (high - low) * 0.06)
    return low - margin...high + margin
  }

  private static func color(_ index: Int) -> String { "series-\(index % colors.count)" }

  private func draw(_ index: Int, on canvas: inout SVGCanvas, _ frame: PlotFrame, places: Int) {
    let color = Self.color(index)
    let shift = (Double(index) - Double(series.count - 1) / 2) * Self.shift
    let name = series[index].name
    canvas.polyline(
      series[index].points.map { (x: frame.x($0.x) + shift, y: frame.y($0.mean)) },
      cssClass: "\(color) series-line")
    for point in series[index].points {
      let x = frame.x(point.x) + shift
      if let deviation = point.deviation, deviation > 0 {
        canvas.line(
          x1: x, y1: frame.y(point.mean - deviation), x2: x, y2: frame.y(point.mean + deviation),
          cssClass: "\(color) whisker")
      }
      let spread = point.deviation.map { " ± " + NumberText.decimal($0, places + 1) } ?? ""
      canvas.circle(
        x: x, y: frame.y(point.mean), radius: 3, cssClass: color,
        tooltip:
          "\(name), \(NumberText.count(Int(point.x))): \(NumberText.decimal(point.mean, places + 1))\(spread)"
      )
    }
  }

  private func drawLegend(on canvas: inout SVGCanvas) {
    for (index, item) in series.enumerated() {
      let x = 50 + Double(index % Self.legendColumns) * 148
      let y = PlotFrame.height + Self.legendHeight * (Double(index / Self.legendColumns) + 0.5)
      canvas.line(x1: x, y1: y, x2: x + 22, y2: y, cssClass: "\(Self.color(index)) series-line")
      canvas.text(item.name, x: x + 28, y: y + 4, anchor: .start)
    }
  }
}
