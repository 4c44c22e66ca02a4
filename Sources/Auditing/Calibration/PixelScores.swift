/// Scores of one image's pixels by several detectors, each in 0…1, more = more probably wrong.
///
/// *Shape*: every score is row-major `[height, width]`.
package struct PixelScores: Sendable {
  /// In the order of `values`.
  package let names: [String]
  package let values: [[Float]]

  /// - Precondition: as many names as scores, all of one length.
  package init(names: [String], values: [[Float]]) {
    precondition(!names.isEmpty && names.count == values.count)
    precondition(values.allSatisfy { $0.count == values[0].count })
    self.names = names
    self.values = values
  }

  package var pixelCount: Int { values[0].count }
}
