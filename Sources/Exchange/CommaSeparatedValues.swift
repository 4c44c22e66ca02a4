/// Comma-separated values as RFC 4180 has them.
package enum CommaSeparatedValues {
  /// One record without its line end; fields with commas, quotes or line ends are quoted.
  package static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
