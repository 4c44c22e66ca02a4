import Imaging

/// A histogram.
struct BarPlot {
  struct Bar {
    let value: Double
    /// Above the bar.
    let text: String
    let tooltip: String
  }

  /// Of equal width over `xRange`.
  let bars: [Bar]
  let xRange: ClosedRange<Double>
  let xTicks: [(Double, String)]
  let xTitle: String
  let yTitle: String
  let yText: (Double) -> String
  /// The least distance of two numbers at the left. *Units*: those of the bars' values.
  var minimumYStep = 0.0
  let label: String
  /// Draws the heat map's colours along the horizontal axis.
  var showsHeatScale = false

  func draw() -> String {
    let largest = bars.map(\.value).max() ?? 0
    let step = max(minimumYStep, PlotFrame.step(covering: max(largest, .leastNonzeroMagnitude), count: 4))
    let top = max(step, (largest / step).rounded(.up) * step)
    let frame = PlotFrame(xRange: xRange, yRange: 0...top)
    var canvas = SVGCanvas(width: PlotFrame.width, height: PlotFrame.height, label: label)
    frame.draw(
      on: &canvas, xTitle: xTitle, yTitle: yTitle, xTicks: xTicks,
      yTicks: PlotFrame.multiples(of: step, upTo: top).map { ($0, yText($0)) })
    let span = xRange.upperBound - xRange.lowerBound
    for (index, bar) in bars.enumerated() where bar.value > 0 {
      let start = frame.x(xRange.lowerBound + span * Double(index) / Double(bars.count))
      let end = frame.x(xRange.lowerBound + span * Double(index + 1) / Double(bars.count))
      // What is there must be seen, however little it is.
      let height = max(1, frame.baseline - frame.y(bar.value))
      canvas.rectangle(
        x: start + 1, y: frame.baseline - height, width: max(1, end - start - 2), height: height,
        cssClass: "bar-fill", tooltip: bar.tooltip)
      canvas.text(bar.text, x: (start + end) / 2, y: frame.baseline - height - 5, cssClass: "bar-text")
    }
    if showsHeatScale { drawHeatScale(on: &canvas, frame) }
    return canvas.markup
  }

  private func drawHeatScale(on canvas: inout SVGCanvas, _ frame: PlotFrame) {
    let parts = 40
    let width = frame.x(xRange.upperBound) - frame.x(xRange.lowerBound)
    for part in 0..<parts {
      let color = HeatMap.color((Float(part) + 0.5) / Float(parts))
      canvas.rectangle(
        x: frame.x(xRange.lowerBound) + width * Double(part) / Double(parts), y: frame.baseline + 1,
        width: width / Double(parts) + 0.3, height: 6, fill: color.hexadecimal)
    }
  }
}

extension RGBColor {
  /// `#rrggbb`.
  var hexadecimal: String {
    let value = Int(red) << 16 | Int(green) << 8 | Int(blue)
    let digits = String(value, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
