/// Why a PyTorch file was refused.
package struct PyTorchError: Error, CustomStringConvertible, Equatable {
  package let file: String
  package let reason: String

  package var description: String { "\(file): \(reason)" }
}

/// What is wrong with a part of a file, before its path is known.
struct Malformed: Error, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
