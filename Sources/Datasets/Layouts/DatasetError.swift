import struct Foundation.URL

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

extension DatasetError {
  /// Images without mask, or masks without image: how many, and the first few.
  static func unmatched(
    _ samples: [Sample], of total: Int, what: String, lacking: String, in folder: URL
  ) -> DatasetError {
    let names = samples.prefix(3).map(\.name).joined(separator: ", ")
    return DatasetError(
      folder.path,
      "\(samples.count) of \(total) \(what)s \(samples.count == 1 ? "has" : "have") no \(lacking): \(names)"
        + (samples.count > 3 ? ", …" : ""))
  }
}
