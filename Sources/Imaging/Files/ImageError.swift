/// Why an image or mask was refused or not written.
package struct ImageError: Error, CustomStringConvertible, Equatable {
  package let file: String
  package let reason: String

  package init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  package var description: String { "\(file): \(reason)" }
}
