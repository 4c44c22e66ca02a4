/// A line of comma-separated values (RFC 4180).
package struct CSVRow: Sendable, Equatable {
  package var fields: [String]

  package init(_ fields: [String]) { self.fields = fields }

  /// Without a line end.
  package var line: String { fields.map(Self.quoted).joined(separator: ",") }

  private static func quoted(_ text: String) -> String {
    // By scalars: "\r\n" is one Character, and a quote with a combining mark behind it would be another one.
    guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { result.unicodeScalars.append(scalar) }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }
}
