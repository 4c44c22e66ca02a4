import TensorCore

/// Linear red, green, blue. *Range*: about 0…1 before the picture is developed.
struct SceneColor {
  var r: Float
  var g: Float
  var b: Float

  init(_ r: Float, _ g: Float, _ b: Float) {
    self.r = r
    self.g = g
    self.b = b
  }

  static func * (color: SceneColor, factor: Float) -> SceneColor {
    SceneColor(color.r * factor, color.g * factor, color.b * factor)
  }

  static func * (a: SceneColor, b: SceneColor) -> SceneColor { SceneColor(a.r * b.r, a.g * b.g, a.b * b.b) }

  func mixed(_ other: SceneColor, _ share: Float) -> SceneColor {
    SceneColor(r + (other.r - r) * share, g + (other.g - g) * share, b + (other.b - b) * share)
  }

  /// A colour of a saturation that cars, clothes and walls have.
  static func random(saturation: ClosedRange<Float>, using generator: inout SeededGenerator) -> SceneColor {
    let grey = generator.nextUniform(in: 0.15...0.8)
    let strength = generator.nextUniform(in: saturation)
    let hues = (0..<3).map { _ in grey + strength * generator.nextUniform(in: -0.5...0.5) }
    return SceneColor(max(0.03, hues[0]), max(0.03, hues[1]), max(0.03, hues[2]))
  }
}

/// Smooth random fields for textures.
enum SceneNoise {
  /// A fixed pseudo-random number for a lattice point. *Range*: 0…1.
  private static func lattice(_ x: Int, _ y: Int, _ key: UInt32) -> Float {
    var h = UInt32(truncatingIfNeeded: x) &* 0x9E37_79B1 ^ UInt32(truncatingIfNeeded: y) &* 0x85EB_CA77 ^ key
    h = (h ^ (h >> 15)) &* 0x2C1B_3C6D
    h = (h ^ (h >> 12)) &* 0x297A_2D39
    return Float((h ^ (h >> 15)) >> 8) * 0x1p-24
  }

  /// Value noise with one cell a unit. *Range*: 0…1.
  static func value(_ x: Float, _ y: Float, key: UInt32) -> Float {
    let (fx, fy) = (x.rounded(.down), y.rounded(.down))
    let (ix, iy) = (Int(fx), Int(fy))
    let (u, v) = (smooth(x - fx), smooth(y - fy))
    let top = lattice(ix, iy, key) * (1 - u) + lattice(ix + 1, iy, key) * u
    let bottom = lattice(ix, iy + 1, key) * (1 - u) + lattice(ix + 1, iy + 1, key) * u
    return top * (1 - v) + bottom * v
  }

  /// Three octaves. *Range*: 0…1.
  static func fractal(_ x: Float, _ y: Float, key: UInt32) -> Float {
    0.57 * value(x, y, key: key) + 0.28 * value(2 * x, 2 * y, key: key ^ 0x51) + 0.15
      * value(4 * x, 4 * y, key: key ^ 0xA7)
  }

  private static func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }
}
