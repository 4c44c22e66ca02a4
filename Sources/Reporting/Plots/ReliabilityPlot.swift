import Auditing

/// Error probability against the share of pixels that are wrong: on the diagonal, what is said is what happens.
package enum ReliabilityPlot {
  /// A document of its own.
  package static func svg(_ bins: [CalibrationBin]) -> String {
    let frame = PlotFrame(xRange: 0...1, yRange: 0...1)
    var canvas = SVGCanvas(
      width: PlotFrame.width, height: PlotFrame.height,
      label: "Reliability: share of wrong pixels against error probability, on the diagonal where it holds.")
    let ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map { ($0, NumberText.decimal($0 * 100, 0)) }
    frame.draw(
      on: &canvas, xTitle: "Error probability, %", yTitle: "Wrong pixels, %", xTicks: ticks, yTicks: ticks)
    canvas.line(x1: frame.x(0), y1: frame.y(0), x2: frame.x(1), y2: frame.y(1), cssClass: "random")
    canvas.polyline(
      bins.map { (x: frame.x($0.meanProbability), y: frame.y($0.shareWrong)) }, cssClass: "curve")
    for bin in bins {
      canvas.circle(
        x: frame.x(bin.meanProbability), y: frame.y(bin.shareWrong), radius: 4, cssClass: "dot",
        tooltip: "\(NumberText.percent(bin.shareWrong)) of \(NumberText.pixels(bin.pixels))")
    }
    return canvas.document()
  }
}
