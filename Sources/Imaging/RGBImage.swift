/// An 8-bit RGB image.
///
/// *Shape*: row-major `[height, width, 3]`, interleaved, no padding between rows.
package struct RGBImage: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package var pixels: [UInt8]

  /// - Precondition: `pixels.count == width * height * 3`, both sides positive.
  package init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
