import Foundation

/// Small plots as inline SVG; colours come from the page's style sheet.
package enum Plot {
  private static let width = 560.0
  private static let height = 220.0
  private static let margin = (left: 52.0, right: 22.0, top: 10.0, bottom: 40.0)
  private static var innerWidth: Double { width - margin.left - margin.right }
  private static var innerHeight: Double { height - margin.top - margin.bottom }

  /// Bars of equal width over 0…1. - Parameter values: any non-negative numbers, drawn as shares of their sum.
  package static func histogram(_ values: [Int], xLabel: String, yLabel: String, description: String)
    -> String
  {
    let total = Double(max(1, values.reduce(0, +)))
    let shares = values.map { Double($0) / total }
    let top = niceCeiling(shares.max() ?? 1)
    let step = innerWidth / Double(max(1, values.count))
    let bars = shares.enumerated().map { index, share in
      let h = innerHeight * share / top
      let x = margin.left + step * Double(index) + 1
      return String(
        format: "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x,
        margin.top + innerHeight - h, max(1, step - 2), h)
    }
    return frame(
      bars.joined(), xTicks: (0...4).map { (Double($0) / 4, String(format: "%.2f", Double($0) / 4)) },
      yTicks: percentTicks(top), xLabel: xLabel, yLabel: yLabel, description: description)
  }

  /// A curve through points with both coordinates in 0…1, and the diagonal that chance would give.
  package static func curve(
    _ points: [(x: Double, y: Double)], xLabel: String, yLabel: String, description: String
  )
    -> String
  {
    let path = points.map { point in
      String(
        format: "%.1f,%.1f", margin.left + innerWidth * point.x, margin.top + innerHeight * (1 - point.y))
    }.joined(separator: " ")
    let diagonal = String(
      format: "<line class=\"chance\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", margin.left,
      margin.top + innerHeight, margin.left + innerWidth, margin.top)
    return frame(
      diagonal + "<polyline class=\"curve\" points=\"\(path)\"/>",
      xTicks: (0...4).map { (Double($0) / 4, "\($0 * 25) %") }, yTicks: percentTicks(1), xLabel: xLabel,
      yLabel: yLabel, description: description)
  }

  private static func percentTicks(_ top: Double) -> [(Double, String)] {
    (0...4).map { (Double($0) / 4, String(format: top < 0.1 ? "%.1f %%" : "%.0f %%", top * Double($0) * 25)) }
  }

  /// The next of 1, 2, 5 × a power of ten.
  static func niceCeiling(_ value: Double) -> Double {
    guard value > 0 else { return 1 }
    let power = pow(10, floor(log10(value)))
    for factor in [1.0, 2, 5, 10] where value <= factor * power * 1.000001 { return factor * power }
    return 10 * power
  }

  private static func frame(
    _ content: String, xTicks: [(Double, String)], yTicks: [(Double, String)], xLabel: String, yLabel: String,
    description: String
  ) -> String {
    var parts: [String] = []
    for (position, text) in yTicks {
      let y = margin.top + innerHeight * (1 - position)
      parts.append(
        String(
          format: "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", margin.left, y,
          margin.left + innerWidth, y))
      parts.append(
        String(format: "<text class=\"tick end\" x=\"%.1f\" y=\"%.1f\">", margin.left - 6, y + 4) + text
          + "</text>")
    }
    for (position, text) in xTicks {
      let x = margin.left + innerWidth * position
      parts.append(
        String(format: "<text class=\"tick middle\" x=\"%.1f\" y=\"%.1f\">", x, margin.top + innerHeight + 16)
          + text + "</text>")
    }
    parts.append(content)
    parts.append(
      String(
        format: "<text class=\"label middle\" x=\"%.1f\" y=\"%.1f\">", margin.left + innerWidth / 2,
        height - 6)
        + escaped(xLabel) + "</text>")
    parts.append(
      String(
        format: "<text class=\"label middle\" transform=\"translate(12 %.1f) rotate(-90)\">",
        margin.top + innerHeight / 2) + escaped(yLabel) + "</text>")
    return
      "<svg role=\"img\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" aria-label=\"\(escaped(description))\">"
      + parts.joined() + "</svg>"
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}
