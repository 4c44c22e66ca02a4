import Foundation

/// Which values a setting takes.
package enum SettingRule: Hashable, Sendable {
  case boolean
  case integer(ClosedRange<Int>)
  case oneOf([Int])
  case number(Bounds)
  case numbers(Bounds)
  case choice([String])

  /// An interval of numbers; never infinite values.
  package struct Bounds: Hashable, Sendable {
    let lower: Double
    let upper: Double
    let excludesLower: Bool

    private init(_ lower: Double, _ upper: Double, excludesLower: Bool = false) {
      (self.lower, self.upper, self.excludesLower) = (lower, upper, excludesLower)
    }

    package static let any = Bounds(-largest, largest)
    package static let notNegative = Bounds(0, largest)
    package static let positive = Bounds(0, largest, excludesLower: true)
    package static let share = Bounds(0, 1)

    /// Settings are 32-bit numbers.
    private static let largest = Double(Float.greatestFiniteMagnitude)

    func contains(_ value: Double) -> Bool {
      value.isFinite && value <= upper && (excludesLower ? value > lower : value >= lower)
    }

    fileprivate func text(_ noun: String) -> String {
      if self == .any { return noun }
      if upper < Self.largest { return "\(noun) from \(Self.short(lower)) to \(Self.short(upper))" }
      return excludesLower ? "\(noun) above \(Self.short(lower))" : "\(noun) of at least \(Self.short(lower))"
    }

    private static func short(_ value: Double) -> String {
      value == value.rounded() ? "\(Int(value))" : "\(value)"
    }
  }

  package static let count = SettingRule.integer(1...Int(Int32.max))
  package static let steps = SettingRule.integer(0...Int(Int32.max))

  /// What a value should be, for messages.
  package var expectation: String {
    switch self {
    case .boolean: "true or false"
    case .integer(let range):
      range.upperBound == Int(Int32.max)
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .oneOf(let values): values.map(String.init).joined(separator: ", ").replacingLastComma
    case .number(let bounds): bounds.text("a number")
    case .numbers(let bounds): "a list, [a, b, …], of which each is \(bounds.text("a number"))"
    case .choice(let names): names.joined(separator: ", ").replacingLastComma
    }
  }

  package func accepts(_ value: SettingValue) -> Bool {
    switch (self, value) {
    case (.boolean, .boolean): true
    case (.integer(let range), .integer(let value)): range.contains(value)
    case (.oneOf(let values), .integer(let value)): values.contains(value)
    case (.number(let bounds), .integer(let value)): bounds.contains(Double(value))
    case (.number(let bounds), .number(let value)): bounds.contains(value)
    case (.numbers(let bounds), .list(let values)):
      values.allSatisfy { SettingRule.number(bounds).accepts($0) }
    case (.choice(let names), .text(let value)): names.contains(value)
    default: false
    }
  }
}

extension String {
  /// "a, b, c" → "a, b or c".
  fileprivate var replacingLastComma: String {
    guard let comma = range(of: ", ", options: .backwards) else { return self }
    return replacingCharacters(in: comma, with: " or ")
  }
}
