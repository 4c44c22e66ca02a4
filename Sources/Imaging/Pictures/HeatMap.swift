/// Numbers as colours: dark violet for 0, over magenta and red to light yellow for 1.
///
/// Lightness rises evenly from one end to the other, so that equal steps of the value look equally large and the
/// order survives grey printing and colour blindness.
package enum HeatMap {
  /// *Range*: `value` 0…1; what lies outside takes the nearest end, and a value that is no number is black.
  package static func color(_ value: Float) -> RGBColor {
    guard !value.isNaN else { return RGBColor(red: 0, green: 0, blue: 0) }
    let t = max(0, min(1, value))
    return RGBColor(red: channel(t, red), green: channel(t, green), blue: channel(t, blue))
  }

  /// One colour a value.
  ///
  /// *Shape*: `values` row-major `[height, width]`. *Range*: as in `color(_:)`.
  package static func render(_ values: [Float], width: Int, height: Int) -> RGBImage {
    precondition(values.count == width * height)
    let pixels = [UInt8](unsafeUninitializedCapacity: values.count * 3) { pixels, count in
      for (index, value) in values.enumerated() {
        let color = value.isNaN ? RGBColor(red: 0, green: 0, blue: 0) : table[step(value)]
        pixels[3 * index] = color.red
        pixels[3 * index + 1] = color.green
        pixels[3 * index + 2] = color.blue
      }
      count = values.count * 3
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// The scale itself, 0 at the left, for legends.
  package static func legend(width: Int, height: Int) -> RGBImage {
    let row = (0..<width).map { Float($0) / Float(max(1, width - 1)) }
    return render((0..<height).flatMap { _ in row }, width: width, height: height)
  }

  private static let lastStep = 1023
  private static let table = (0...lastStep).map { color(Float($0) / Float(lastStep)) }

  private static func step(_ value: Float) -> Int {
    Int(max(0, min(1, value)) * Float(lastStep) + 0.5)
  }

  // A path through OKLCh, fitted by Tests/Fixtures/Imaging/fit_heat_map.py; the constant first.
  private static let red: [Float] = [0.0656, 2.0619, -9.3271, 43.5646, -81.9446, 65.4397, -18.8564]
  private static let green: [Float] = [0.0407, -1.3682, 18.4371, -82.6050, 165.1681, -146.0492, 47.3173]
  private static let blue: [Float] = [0.2828, 0.3740, 4.7399, -16.5239, 4.4095, 22.6052, -15.4229]

  private static func channel(_ t: Float, _ coefficients: [Float]) -> UInt8 {
    let value = coefficients.reversed().reduce(0) { $0 * t + $1 }
    return UInt8(max(0, min(1, value)) * 255 + 0.5)
  }
}
