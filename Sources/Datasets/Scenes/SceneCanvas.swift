import Foundation
import Imaging
import TensorCore

/// Colour, class and distance of every pixel while a scene is painted from far to near.
///
/// Distances are in metres along the view, with the eye at 1.5 m: the ground at distance d lies
/// `groundScale / d` pixels below the horizon.
struct SceneCanvas {
  let width: Int
  let height: Int
  let horizon: Float
  let vanishingX: Float
  private(set) var colors: [SceneColor]
  private(set) var labels: [UInt8]
  private(set) var distances: [Float]

  init(width: Int, height: Int, horizon: Float, vanishingX: Float) {
    self.width = width
    self.height = height
    self.horizon = horizon
    self.vanishingX = vanishingX
    colors = [SceneColor](repeating: SceneColor(0, 0, 0), count: width * height)
    labels = [UInt8](repeating: 0, count: width * height)
    distances = [Float](repeating: 1000, count: width * height)
  }

  /// Pixels of one metre at a distance of one metre.
  var metre: Float { Float(height) * 0.95 }
  static let eyeHeight: Float = 1.5

  func groundY(_ distance: Float) -> Float { horizon + metre * Self.eyeHeight / distance }
  func screenX(_ side: Float, _ distance: Float) -> Float { vanishingX + metre * side / distance }

  mutating func set(_ x: Int, _ y: Int, _ color: SceneColor, _ label: SceneClass, _ distance: Float) {
    guard x >= 0, x < width, y >= 0, y < height else { return }
    let index = y * width + x
    colors[index] = color
    labels[index] = label.rawValue
    distances[index] = distance
  }

  /// Darkens what is there, without changing its class.
  mutating func shade(_ x: Int, _ y: Int, _ factor: Float) {
    guard x >= 0, x < width, y >= 0, y < height else { return }
    colors[y * width + x] = colors[y * width + x] * factor
  }

  /// The whole positions from `low` up to `high` that lie on the canvas; perhaps none.
  static func clipped(_ low: Float, _ high: Float, to limit: Int) -> Range<Int> {
    let start = max(0, min(limit, Int(low)))
    return start..<max(start, min(limit, Int(high)))
  }

  /// Calls `body` for the pixels of a box whose sides may lie outside, with coordinates 0…1 inside the box.
  func forEachPixel(
    left: Float, top: Float, right: Float, bottom: Float, _ body: (Int, Int, Float, Float) -> Void
  ) {
    let columns = Self.clipped(left.rounded(), right.rounded(), to: width)
    let rows = Self.clipped(top.rounded(), bottom.rounded(), to: height)
    for y in rows {
      for x in columns {
        body(x, y, (Float(x) + 0.5 - left) / (right - left), (Float(y) + 0.5 - top) / (bottom - top))
      }
    }
  }
}

extension SceneCanvas {
  /// Light, haze, blur, sensor noise and 8 bits.
  func developed(_ style: SceneStyle, using generator: inout SeededGenerator) -> RGBImage {
    var picture = zip(colors, distances).map { color, distance in
      let seen = distance >= 1000 ? 0.9 : exp(-style.haze * distance * 0.6)
      return (color * style.light).mixed(style.sky * style.light, distance >= 1000 ? 0 : 1 - seen)
    }
    for _ in 0..<style.blur { picture = blurred(picture) }
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for (index, color) in picture.enumerated() {
      let (x, y) = (index % width, index / width)
      let dx = Float(x) / Float(width) - 0.5
      let dy = Float(y) / Float(height) - 0.5
      let vignette = 1 - 0.35 * (dx * dx + dy * dy)
      for (channel, value) in [color.r, color.g, color.b].enumerated() {
        // The sum of two uniform numbers is close enough to a sensor's noise.
        let noise = (generator.nextUniform() + generator.nextUniform() - 1) * style.noise * 2
        pixels[index * 3 + channel] = UInt8(max(0, min(255, (value * vignette + noise) * 255)))
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// A light 3×3 smoothing, so that edges are not sharper than a lens makes them.
  private func blurred(_ picture: [SceneColor]) -> [SceneColor] {
    var result = picture
    for y in 1..<height - 1 {
      for x in 1..<width - 1 {
        let i = y * width + x
        let (n, s, w, e) = (picture[i - width], picture[i + width], picture[i - 1], picture[i + 1])
        let c = picture[i]
        result[i] = SceneColor(
          0.5 * c.r + 0.125 * (n.r + s.r + w.r + e.r), 0.5 * c.g + 0.125 * (n.g + s.g + w.g + e.g),
          0.5 * c.b + 0.125 * (n.b + s.b + w.b + e.b))
      }
    }
    return result
  }
}
