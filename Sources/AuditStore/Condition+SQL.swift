import Auditing
import GRDB

extension Condition {
  /// A name that a condition on images may use.
  private struct ImageColumn {
    let name: String
    let column: String
    /// The index of the order by it.
    var index: String? = nil
  }

  private static let columns = [
    ImageColumn(name: "error_rate", column: "mean_error_probability", index: "images_by_error_rate"),
    ImageColumn(name: "wrong_pixels", column: "expected_wrong_pixels", index: "images_by_wrong_pixels"),
    ImageColumn(name: "worst_region", column: "worst_region_pixels", index: "images_by_worst_region"),
    ImageColumn(name: "error_p50", column: "error_p50"), ImageColumn(name: "error_p90", column: "error_p90"),
    ImageColumn(name: "error_p95", column: "error_p95"), ImageColumn(name: "error_p99", column: "error_p99"),
    ImageColumn(name: "confidence", column: "mean_confidence", index: "images_by_confidence"),
    ImageColumn(name: "entropy", column: "mean_entropy", index: "images_by_entropy"),
    ImageColumn(name: "margin", column: "mean_margin", index: "images_by_margin"),
    ImageColumn(
      name: "balanced_error_rate", column: "balanced_error_rate", index: "images_by_balanced_error_rate"),
    ImageColumn(name: "regions", column: "region_count"),
    ImageColumn(name: "gain_per_minute", column: "gain_per_minute", index: "images_by_gain"),
    ImageColumn(name: "width", column: "width"), ImageColumn(name: "height", column: "height"),
    ImageColumn(name: "path", column: "path"),
  ]

  /// Names that a condition on images may use.
  package static let imageNames = columns.map(\.name)

  /// A condition on the images of a run.
  package static func onImages(_ text: String) throws(Problem) -> Condition {
    try Condition(text, numbers: imageNames.filter { $0 != "path" }, texts: ["path"])
  }

  /// What SQL reads an image's numbers from.
  enum Source {
    case table
    /// The index that holds them all, but for those that are computed.
    case narrowIndex
  }

  /// SQLite reads the table for a generated column, even where an index holds all that it is generated from.
  static func gainPerMinute(on source: Source) -> String {
    switch source {
    case .table: "images.gain_per_minute"
    case .narrowIndex:
      "(60.0 * images.region_wrong_pixels / (20.0 + 7.0 * images.region_count + 0.1 * images.region_boundary_length))"
    }
  }

  /// SQL with a question mark for every value, and the values.
  func sql(on source: Source) -> (text: String, arguments: StatementArguments) {
    switch self {
    case .not(let condition):
      let (text, arguments) = condition.sql(on: source)
      return ("NOT (\(text))", arguments)
    case .and(let a, let b): return Self.joined(a.sql(on: source), "AND", b.sql(on: source))
    case .or(let a, let b): return Self.joined(a.sql(on: source), "OR", b.sql(on: source))
    case .comparison(let name, let operation, let value):
      let column =
        name == "gain_per_minute"
        ? Self.gainPerMinute(on: source) : "images." + Self.column(named: name).column
      let argument: any DatabaseValueConvertible
      switch value {
      case .number(let number): argument = number
      case .text(let text): argument = text
      }
      return ("\(column) \(operation.rawValue.uppercased()) ?", [argument])
    }
  }

  private static func column(named name: String) -> ImageColumn {
    guard let column = columns.first(where: { $0.name == name }) else {
      preconditionFailure("a condition on \(name) that was not parsed for images")
    }
    return column
  }

  private static func joined(
    _ a: (text: String, arguments: StatementArguments), _ word: String,
    _ b: (text: String, arguments: StatementArguments)
  ) -> (text: String, arguments: StatementArguments) {
    ("(\(a.text)) \(word) (\(b.text))", a.arguments + b.arguments)
  }

  /// Whether it asks for a column that has an index.
  var asksIndexedColumn: Bool {
    switch self {
    case .not(let condition): condition.asksIndexedColumn
    case .and(let a, let b), .or(let a, let b): a.asksIndexedColumn || b.asksIndexedColumn
    case .comparison(let name, _, _): Self.column(named: name).index != nil
    }
  }

  /// Conditions of which each must hold.
  var conjuncts: [Condition] {
    guard case .and(let a, let b) = self else { return [self] }
    return a.conjuncts + b.conjuncts
  }

  /// For a comparison that is one piece of an index: that index.
  var rangeIndex: String? {
    guard case .comparison(let name, let operation, _) = self, operation != .notEqual else { return nil }
    return Self.column(named: name).index
  }

  /// A range of paths, letters A–Z for a–z, that holds all paths which fulfil the condition; `nil` for all paths.
  var pathRange: (text: String, arguments: StatementArguments)? {
    for case .comparison("path", let operation, .text(let text)) in conjuncts {
      switch operation {
      case .equal: return ("images.path COLLATE NOCASE = ?", [text])
      case .like:
        // Libraries differ in whether LIKE tells other letters' cases apart.
        let start = String(text.unicodeScalars.prefix { $0.isASCII && $0 != "%" && $0 != "_" })
        guard !start.isEmpty else { continue }
        return (
          "images.path COLLATE NOCASE >= ? AND images.path COLLATE NOCASE < ?", [start, start + "\u{10FFFF}"]
        )
      default: continue
      }
    }
    return nil
  }
}
