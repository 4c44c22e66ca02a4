/// Several pictures in one.
package enum Mosaic {
  /// Pictures in rows of `columns`, each in the upper left corner of a cell as large as the largest of them.
  ///
  /// *Units*: `gap` in pixels, between cells and not around them.
  /// - Precondition: at least one image.
  package static func grid(
    _ images: [RGBImage], columns: Int, gap: Int = 4,
    background: RGBColor = RGBColor(red: 255, green: 255, blue: 255)
  ) -> RGBImage {
    precondition(!images.isEmpty && columns > 0 && gap >= 0)
    let columns = min(columns, images.count)
    let rows = (images.count + columns - 1) / columns
    let cellWidth = images.map(\.width).max() ?? 1
    let cellHeight = images.map(\.height).max() ?? 1
    let width = columns * (cellWidth + gap) - gap
    let height = rows * (cellHeight + gap) - gap
    var result = RGBImage(
      width: width, height: height, pixels: [UInt8](repeating: 0, count: width * height * 3))
    result.fill(x: 0, y: 0, width: width, height: height, color: background)
    for (index, image) in images.enumerated() {
      result.place(
        image, x: index % columns * (cellWidth + gap), y: index / columns * (cellHeight + gap))
    }
    return result
  }

  /// Pictures side by side.
  package static func row(_ images: [RGBImage], gap: Int = 4) -> RGBImage {
    grid(images, columns: images.count, gap: gap)
  }
}
