import Auditing
import GRDB

extension Condition {
  /// Names that a condition on images may use, and the columns behind them.
  package static let imageColumns: [(name: String, column: String)] = [
    ("error_rate", "images.mean_error_probability"), ("wrong_pixels", "images.expected_wrong_pixels"),
    ("worst_region", "images.worst_region_pixels"), ("error_p50", "images.error_p50"),
    ("error_p90", "images.error_p90"), ("error_p95", "images.error_p95"), ("error_p99", "images.error_p99"),
    ("confidence", "images.mean_confidence"), ("entropy", "images.mean_entropy"),
    ("margin", "images.mean_margin"), ("balanced_error_rate", "images.balanced_error_rate"),
    ("regions", "images.region_count"), ("gain_per_minute", "images.gain_per_minute"),
    ("width", "images.width"), ("height", "images.height"), ("path", "images.path"),
  ]

  /// Names whose columns have an index, because there is an order by them.
  private static let indexedNames: Set<String> = [
    "error_rate", "wrong_pixels", "worst_region", "confidence", "entropy", "margin", "balanced_error_rate",
    "gain_per_minute",
  ]

  /// Whether it asks for a column that has an index.
  var asksIndexedColumn: Bool {
    switch self {
    case .not(let condition): condition.asksIndexedColumn
    case .and(let a, let b), .or(let a, let b): a.asksIndexedColumn || b.asksIndexedColumn
    case .comparison(let name, _, _): Self.indexedNames.contains(name)
    }
  }

  /// A condition on the images of a run.
  package static func onImages(_ text: String) throws(Problem) -> Condition {
    try Condition(
      text, numbers: imageColumns.map(\.name).filter { $0 != "path" }, texts: ["path"])
  }

  /// SQL with a question mark for every value, and the values.
  var sql: (text: String, arguments: StatementArguments) {
    switch self {
    case .not(let condition):
      let (text, arguments) = condition.sql
      return ("NOT (\(text))", arguments)
    case .and(let a, let b): return Self.joined(a.sql, "AND", b.sql)
    case .or(let a, let b): return Self.joined(a.sql, "OR", b.sql)
    case .comparison(let name, let operation, let value):
      guard let column = Self.imageColumns.first(where: { $0.name == name })?.column else {
        preconditionFailure("a condition on \(name) that was not parsed for images")
      }
      let argument: any DatabaseValueConvertible
      switch value {
      case .number(let number): argument = number
      case .text(let text): argument = text
      }
      return ("\(column) \(operation.rawValue.uppercased()) ?", [argument])
    }
  }

  private static func joined(
    _ a: (text: String, arguments: StatementArguments), _ word: String,
    _ b: (text: String, arguments: StatementArguments)
  ) -> (text: String, arguments: StatementArguments) {
    ("(\(a.text)) \(word) (\(b.text))", a.arguments + b.arguments)
  }
}
