/// Scores of one image's pixels by several detectors, each in 0…1, more = more probably wrong.
///
/// *Shape*: every score is row-major `[height, width]`.
package struct PixelScores: Sendable {
  /// In the order of `values`.
  package let names: [String]
  package let values: [[Float]]
  package let width: Int
  package let height: Int

  /// - Precondition: as many names as scores, all of the image's size.
  package init(names: [String], values: [[Float]], width: Int, height: Int) {
    precondition(!names.isEmpty && names.count == values.count)
    precondition(values.allSatisfy { $0.count == width * height })
    self.names = names
    self.values = values
    self.width = width
    self.height = height
  }

  package var pixelCount: Int { width * height }
}
