import Foundation

/// Numbers as people read them, the same on every machine: `1,234,567`, `12.3 %`.
package enum NumberText {
  /// A narrow space that does not break, between number and unit.
  private static let space = "\u{202F}"

  package static func count(_ value: Int) -> String {
    var digits = String(abs(value))
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "−" : "") + ([digits] + groups).joined(separator: ",")
  }

  package static func pixels(_ value: Int) -> String { count(value) + space + "px" }

  package static func pixels(_ value: Double) -> String {
    value > 0 && value < 0.5 ? "< 1" + space + "px" : pixels(Int(value.rounded()))
  }

  package static func images(_ value: Int) -> String { count(value) + (value == 1 ? " image" : " images") }

  /// Two digits that count at least, and never 0 or 100 for what is neither.
  package static func percent(_ share: Double) -> String {
    let value = share * 100
    if value > 0 && value < 0.01 { return "< 0.01" + space + "%" }
    if value > 99.99 && value < 100 { return "> 99.99" + space + "%" }
    let decimals = value == 0 || value == 100 ? 0 : value < 1 || value > 99 ? 2 : 1
    return decimal(value, decimals) + space + "%"
  }

  /// For axes and bars: no unit, one decimal where it tells something.
  package static func shortPercent(_ share: Double) -> String {
    let value = share * 100
    if value == 0 { return "0" }
    if value < 0.05 { return "<0.1" }
    return decimal(value, value < 9.95 ? 1 : 0)
  }

  package static func decimal(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", locale: Locale(identifier: "en_US_POSIX"), value)
  }
}
