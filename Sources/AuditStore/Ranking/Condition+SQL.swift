import Auditing
import GRDB

extension Condition {
  /// A name that a condition on images may use.
  struct ImageColumn {
    let name: String
    let column: String
  }

  private static let columns = [
    ImageColumn(name: "error_rate", column: "mean_error_probability"),
    ImageColumn(name: "wrong_pixels", column: "expected_wrong_pixels"),
    ImageColumn(name: "worst_region", column: "worst_region_pixels"),
    ImageColumn(name: "error_p50", column: "error_p50"), ImageColumn(name: "error_p90", column: "error_p90"),
    ImageColumn(name: "error_p95", column: "error_p95"), ImageColumn(name: "error_p99", column: "error_p99"),
    ImageColumn(name: "confidence", column: "mean_confidence"),
    ImageColumn(name: "entropy", column: "mean_entropy"),
    ImageColumn(name: "margin", column: "mean_margin"),
    ImageColumn(
      name: "balanced_error_rate", column: "balanced_error_rate"),
    ImageColumn(name: "regions", column: "region_count"),
    ImageColumn(name: "gain_per_minute", column: "gain_per_minute"),
    ImageColumn(name: "width", column: "width"), ImageColumn(name: "height", column: "height"),
    ImageColumn(name: "path", column: "path"),
  ]

  /// Names that a condition on images may use.
  package static let imageNames = columns.map(\.name)

  /// A condition on the images of a run.
  package static func onImages(_ text: String) throws(Problem) -> Condition {
    try Condition(text, numbers: imageNames.filter { $0 != "path" }, texts: ["path"])
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
      let column = "images." + Self.column(named: name).column
      let argument: any DatabaseValueConvertible
      switch value {
      case .number(let number): argument = number
      case .text(let text): argument = text
      }
      return ("\(column) \(operation.rawValue.uppercased()) ?", [argument])
    }
  }

  static func column(named name: String) -> ImageColumn {
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
}
