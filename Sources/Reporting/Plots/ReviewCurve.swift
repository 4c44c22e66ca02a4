/// How much of what is wrong has been found after so many images, worst first.
package struct ReviewCurve {
  /// Share of the expected wrong pixels in the first images; `found[0]` is 0, the last one is 1.
  package let found: [Double]

  /// - Parameter expectedWrongPixels: of each image, in the order of review.
  package init(expectedWrongPixels: [Double]) {
    let total = expectedWrongPixels.reduce(0, +)
    var sum = 0.0
    found =
      [0]
      + expectedWrongPixels.map {
        sum += $0
        return total > 0 ? min(1, sum / total) : 0
      }
  }

  package var imageCount: Int { found.count - 1 }

  /// How many images must be reviewed to find this share; `nil` where there is nothing to find.
  package func images(toFind share: Double) -> Int? {
    found.firstIndex { $0 >= share - 1e-12 }
  }

  /// What is found in this share of the images, rounded up to whole ones.
  package func share(inFirst part: Double) -> (images: Int, found: Double) {
    let images = min(imageCount, Int((part * Double(imageCount)).rounded(.up)))
    return (images, found[images])
  }

  private static let maximumPoints = 400

  package func draw() -> String {
    let count = Double(max(1, imageCount))
    let frame = PlotFrame(xRange: 0...count, yRange: 0...1)
    let half = images(toFind: 0.5) ?? 0
    var canvas = SVGCanvas(
      width: PlotFrame.width, height: PlotFrame.height,
      label: "Curve: share of the expected wrong pixels found against images reviewed, worst first. "
        + "Half of them are found after \(NumberText.images(half)) of \(NumberText.count(imageCount)).")
    let step = max(1, PlotFrame.step(covering: count, count: 6))
    frame.draw(
      on: &canvas, xTitle: "Images reviewed, worst first", yTitle: "Expected wrong pixels found, %",
      xTicks: PlotFrame.multiples(of: step, upTo: count).map { ($0, NumberText.count(Int($0))) },
      yTicks: [0, 0.25, 0.5, 0.75, 1].map { ($0, NumberText.decimal($0 * 100, 0)) })
    let points = points(frame)
    canvas.polygon(
      points + [(frame.x(count), frame.y(0)), (frame.x(0), frame.y(0))], cssClass: "curve-area")
    canvas.line(x1: frame.x(0), y1: frame.y(0), x2: frame.x(count), y2: frame.y(1), cssClass: "random")
    canvas.polyline(points, cssClass: "curve")
    canvas.text("random order", x: frame.x(count * 0.62) + 8, y: frame.y(0.58) + 12, anchor: .start)
    if half > 0 {
      let (x, y) = (frame.x(Double(half)), frame.y(found[half]))
      canvas.line(x1: x, y1: y, x2: x, y2: frame.baseline, cssClass: "marker")
      canvas.circle(x: x, y: y, radius: 4, cssClass: "dot", tooltip: "\(NumberText.images(half))")
      canvas.text(
        "half after \(NumberText.images(half))", x: x - 9, y: y - 9, anchor: x > 220 ? .end : .start,
        cssClass: "note")
    }
    return canvas.markup
  }

  private func points(_ frame: PlotFrame) -> [(x: Double, y: Double)] {
    let stride = max(1, imageCount / Self.maximumPoints)
    var indices = Array(Swift.stride(from: 0, through: imageCount, by: stride))
    if indices.last != imageCount { indices.append(imageCount) }
    return indices.map { (frame.x(Double($0)), frame.y(found[$0])) }
  }
}
