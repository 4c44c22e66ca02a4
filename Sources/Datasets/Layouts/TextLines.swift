import Foundation

/// The lines of a small text file that say something, with their numbers.
struct TextLines {
  struct Line {
    /// Counted from 1.
    let number: Int
    /// Without the spaces around it.
    let text: String
  }

  let path: String
  let lines: [Line]

  /// Empty lines and those that begin with # are left out. All line endings will do, and so does a
  /// byte-order mark.
  init(contentsOf url: URL) throws(DatasetError) {
    path = url.path
    var text: String
    do {
      text = try String(contentsOf: url, encoding: .utf8)
    } catch {
      throw DatasetError(url.path, "cannot be read: \(error.localizedDescription)")
    }
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    // "\r\n" is one Character, which a separator "\n" would not match.
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
      .map { Line(number: $0 + 1, text: $1.trimmingCharacters(in: .whitespaces)) }
      .filter { !$0.text.isEmpty && !$0.text.hasPrefix("#") }
  }

  func error(line: Int, _ reason: String) -> DatasetError { DatasetError("\(path), line \(line)", reason) }
}
