/// Why another program's weights were refused.
package struct ImportError: Error, CustomStringConvertible, Equatable {
  package let file: String
  package let reason: String

  init(_ file: String, _ reason: String) {
    self.file = file
    self.reason = reason
  }

  package var description: String { "\(file): \(reason)" }

  /// `'a', 'b', 'c' and 14 more`
  static func listing(_ names: [String]) -> String {
    let shown = names.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }
}
