/// What is wrong with a data set, and where.
package struct DatasetError: Error, CustomStringConvertible, Equatable {
  package let location: String
  package let reason: String

  package init(_ location: String, _ reason: String) {
    self.location = location
    self.reason = reason
  }

  package var description: String { "\(location): \(reason)" }
}
