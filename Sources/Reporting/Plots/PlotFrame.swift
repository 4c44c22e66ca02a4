import Foundation

/// The axes of a plot: where values lie on the canvas, and the lines and numbers that say so.
struct PlotFrame {
  /// *Units*: those of the canvas.
  static let width = 640.0
  static let height = 270.0
  private static let left = 50.0
  private static let right = 14.0
  private static let top = 30.0
  private static let bottom = 46.0

  let xRange: ClosedRange<Double>
  let yRange: ClosedRange<Double>

  var baseline: Double { Self.height - Self.bottom }

  func x(_ value: Double) -> Double {
    let share = (value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound)
    return Self.left + share * (Self.width - Self.left - Self.right)
  }

  func y(_ value: Double) -> Double {
    let share = (value - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
    return baseline - share * (baseline - Self.top)
  }

  /// Grid, numbers and titles; to be drawn before the data.
  func draw(
    on canvas: inout SVGCanvas, xTitle: String, yTitle: String, xTicks: [(Double, String)],
    yTicks: [(Double, String)]
  ) {
    for (value, text) in yTicks {
      canvas.line(
        x1: Self.left, y1: y(value), x2: Self.width - Self.right, y2: y(value),
        cssClass: value == yRange.lowerBound ? "axis" : "grid")
      canvas.text(text, x: Self.left - 8, y: y(value) + 4, anchor: .end)
    }
    for (value, text) in xTicks { canvas.text(text, x: x(value), y: baseline + 22) }
    canvas.text(yTitle, x: 0, y: 14, anchor: .start, cssClass: "axis-title")
    canvas.text(
      xTitle, x: (x(xRange.lowerBound) + x(xRange.upperBound)) / 2, y: Self.height - 4, cssClass: "axis-title"
    )
  }

  /// 1, 2 or 5 times a power of ten, so that at most `count` of them cover `span`.
  static func step(covering span: Double, count: Int) -> Double {
    guard span > 0 else { return 1 }
    let raw = span / Double(count)
    let magnitude = pow(10, floor(log10(raw)))
    // Rounding must not make 0.1 + a few ulps take the next larger step.
    let factor = [1, 2, 5].first { raw <= $0 * magnitude * 1.000_001 } ?? 10.0
    return factor * magnitude
  }

  /// The multiples of `step` from 0 to `upper`.
  static func multiples(of step: Double, upTo upper: Double) -> [Double] {
    (0...Int((upper / step + 0.000_001).rounded(.down))).map { Double($0) * step }
  }
}
