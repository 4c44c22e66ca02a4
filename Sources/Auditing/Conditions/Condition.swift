/// A condition on named numbers and texts, such as `error_rate > 0.05 and not path like "night/%"`.
///
/// Names are checked against a list and values never become part of an SQL text: they are bound.
package indirect enum Condition: Sendable, Equatable {
  case comparison(name: String, operation: Operation, value: Value)
  case not(Condition)
  case and(Condition, Condition)
  case or(Condition, Condition)

  package enum Operation: String, Sendable, CaseIterable {
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case notEqual = "!="
    case less = "<"
    case greater = ">"
    case equal = "="
    /// SQL's patterns: `%` for any text, `_` for any character.
    case like
  }

  package enum Value: Sendable, Equatable {
    case number(Double)
    case text(String)
  }

  /// What is wrong with a condition's text, and where.
  package struct Problem: Error, CustomStringConvertible, Equatable {
    package let text: String
    /// Counted from 1.
    package let position: Int
    package let reason: String
    package var description: String { "condition '\(text)', character \(position): \(reason)" }
  }

  /// - Parameters:
  ///   - numbers: names that are compared with numbers.
  ///   - texts: names that are compared with texts.
  package init(_ text: String, numbers: [String], texts: [String] = []) throws(Problem) {
    var parser = ConditionParser(text: text, numbers: numbers, texts: texts)
    self = try parser.parse()
  }

  /// Whether the condition holds for these numbers.
  ///
  /// - Precondition: every name of the condition has a value, and none is a text.
  package func holds(_ values: [String: Double]) -> Bool {
    switch self {
    case .not(let condition): return !condition.holds(values)
    case .and(let a, let b): return a.holds(values) && b.holds(values)
    case .or(let a, let b): return a.holds(values) || b.holds(values)
    case .comparison(let name, let operation, .number(let limit)):
      guard let value = values[name] else { preconditionFailure("no value for \(name)") }
      switch operation {
      case .less: return value < limit
      case .lessOrEqual: return value <= limit
      case .greater: return value > limit
      case .greaterOrEqual: return value >= limit
      case .equal: return value == limit
      case .notEqual: return value != limit
      case .like: preconditionFailure("the parser keeps LIKE to texts")
      }
    case .comparison: preconditionFailure("texts are for databases")
    }
  }
}
