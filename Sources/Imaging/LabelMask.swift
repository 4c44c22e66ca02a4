/// A class index per pixel, exactly as stored: never interpolated, never averaged.
///
/// *Shape*: row-major `[height, width]`. *Range*: 0…255, one value being the caller's ignore label.
package struct LabelMask: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package var labels: [UInt8]

  /// - Precondition: `labels.count == width * height`, both sides positive.
  package init(width: Int, height: Int, labels: [UInt8]) {
    precondition(width > 0 && height > 0 && labels.count == width * height)
    self.width = width
    self.height = height
    self.labels = labels
  }
}
