/// A drawing in SVG, to be placed inside a page: its colours come from the page's style sheet, by class.
///
/// *Units*: `width` and `height` are those of the view box; on the page it takes the width that it is given.
struct SVGCanvas {
  let width: Double
  let height: Double
  /// What a reader who cannot see it is told.
  let label: String
  private var elements: [String] = []

  enum Anchor: String { case start, middle, end }

  init(width: Double, height: Double, label: String) {
    self.width = width
    self.height = height
    self.label = label
  }

  /// - Parameter tooltip: shown while the pointer rests on it.
  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, cssClass: String, tooltip: String? = nil
  ) {
    let attributes =
      "x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
      + "height=\"\(Self.number(height))\" class=\"\(Markup.escape(cssClass))\""
    elements.append(Self.element("rect", attributes, tooltip: tooltip))
  }

  /// A rectangle of a fixed colour, `#rrggbb`.
  mutating func rectangle(x: Double, y: Double, width: Double, height: Double, fill: String) {
    elements.append(
      "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
        + "height=\"\(Self.number(height))\" fill=\"\(Markup.escape(fill))\"/>")
  }

  mutating func line(x1: Double, y1: Double, x2: Double, y2: Double, cssClass: String) {
    elements.append(
      "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\" "
        + "y2=\"\(Self.number(y2))\" class=\"\(Markup.escape(cssClass))\"/>")
  }

  mutating func polyline(_ points: [(x: Double, y: Double)], cssClass: String) {
    elements.append(Self.polygon("polyline", points, cssClass))
  }

  mutating func polygon(_ points: [(x: Double, y: Double)], cssClass: String) {
    elements.append(Self.polygon("polygon", points, cssClass))
  }

  mutating func circle(x: Double, y: Double, radius: Double, cssClass: String, tooltip: String? = nil) {
    let attributes =
      "cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\" "
      + "class=\"\(Markup.escape(cssClass))\""
    elements.append(Self.element("circle", attributes, tooltip: tooltip))
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .middle, cssClass: String = "tick"
  ) {
    elements.append(
      "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor.rawValue)\" "
        + "class=\"\(Markup.escape(cssClass))\">\(Markup.escape(text))</text>")
  }

  var markup: String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\" "
      + "role=\"img\" aria-label=\"\(Markup.escape(label))\">\(elements.joined(separator: "\n"))</svg>"
  }

  /// A file of its own, with the colours that a page would give.
  ///
  /// - Parameter rules: of the style sheet, further ones.
  func document(rules: String = "") -> String {
    let style = """
      <style>
      text { font: 12px sans-serif; fill: #444 } .axis { stroke: #444 } .grid { stroke: #ddd }
      .curve { fill: none; stroke: #b3541e; stroke-width: 2 } .dot { fill: #b3541e }
      .random { stroke: #888; stroke-dasharray: 4 4 }
      \(rules)
      </style><rect width="100%" height="100%" fill="#fff"/>
      """
    guard let end = markup.firstIndex(of: ">") else { return markup }
    return markup[...end] + style + markup[markup.index(after: end)...] + "\n"
  }

  private static func element(_ name: String, _ attributes: String, tooltip: String?) -> String {
    guard let tooltip else { return "<\(name) \(attributes)/>" }
    return "<\(name) \(attributes)><title>\(Markup.escape(tooltip))</title></\(name)>"
  }

  private static func polygon(_ name: String, _ points: [(x: Double, y: Double)], _ cssClass: String)
    -> String
  {
    let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    return "<\(name) points=\"\(list)\" class=\"\(Markup.escape(cssClass))\"/>"
  }

  /// At most two decimals, none where they are zero.
  private static func number(_ value: Double) -> String {
    let text = NumberText.decimal(value, 2)
    guard text.hasSuffix("0") else { return text }
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : String(text.dropLast(1))
  }
}
