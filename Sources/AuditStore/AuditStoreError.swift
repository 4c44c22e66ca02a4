/// Why a database could not be used.
package struct AuditStoreError: Error, CustomStringConvertible, Equatable {
  package let file: String
  package let reason: String

  package init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  package var description: String { "\(file): \(reason)" }
}
