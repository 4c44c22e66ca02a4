import Foundation
import TensorCore

extension SceneCanvas {
  mutating func paintSky(_ style: SceneStyle, using generator: inout SeededGenerator) {
    let key = UInt32(truncatingIfNeeded: generator.next())
    let cover = generator.nextUniform(in: 0.35...0.75)
    for y in 0..<height {
      let rise = Float(y) / max(1, horizon)
      for x in 0..<width {
        let cloud = SceneNoise.fractal(Float(x) * 6 / Float(width), rise * 4, key: key)
        let white = max(0, min(1, (cloud - cover) * 5))
        let color = style.sky.mixed(SceneColor(0.95, 0.95, 0.95), 0.35 * min(1, rise) + 0.5 * white)
        set(x, y, color, .sky, 1000)
      }
    }
  }

  /// Pavement everywhere below the horizon, and the road with its kerbs and lane markings on it.
  mutating func paintGround(_ style: SceneStyle, using generator: inout SeededGenerator) {
    let key = UInt32(truncatingIfNeeded: generator.next())
    let halfRoad = generator.nextUniform(in: 2.6...4.2)
    let lane = generator.nextUniform(in: -0.8...0.8)
    let hasMarkings = generator.nextUniform() < 0.75
    let tile = generator.nextUniform(in: 0.6...1.2)
    let phase = generator.nextUniform() * 8
    for y in max(0, Int(horizon.rounded(.up)))..<height {
      let distance = metre * Self.eyeHeight / max(0.5, Float(y) + 0.5 - horizon)
      for x in 0..<width {
        let side = (Float(x) + 0.5 - vanishingX) * distance / metre
        let grain = SceneNoise.fractal(side * 4, distance * 2, key: key)
        let stain = SceneNoise.value(side * 0.7, distance * 0.3, key: key ^ 0x77)
        if abs(side) < halfRoad {
          var color = style.road * (0.8 + 0.25 * grain + 0.2 * stain)
          let dash = (distance + phase).truncatingRemainder(dividingBy: 6) < 3
          if hasMarkings && abs(side - lane) < 0.09 && dash { color = SceneColor(0.85, 0.85, 0.8) }
          set(x, y, color, .road, distance)
        } else {
          let seam =
            abs((distance / tile).truncatingRemainder(dividingBy: 1)) < 0.06
            || abs((abs(side) / tile).truncatingRemainder(dividingBy: 1)) < 0.05
          let kerb: Float = abs(side) < halfRoad + 0.18 ? 1.25 : 1
          set(x, y, style.pavement * ((0.85 + 0.3 * grain) * (seam ? 0.85 : 1) * kerb), .pavement, distance)
        }
      }
    }
  }

  /// A row of houses on either side, from far to near, with gaps where the sky shows, and fences before some.
  mutating func paintBuildings(_ style: SceneStyle, using generator: inout SeededGenerator) {
    for direction in [Float(-1), 1] {
      let side = direction * generator.nextUniform(in: 6...9)
      var walls: [Wall] = []
      var near = generator.nextUniform(in: 2...5)
      while near < 60 {
        let far = near + generator.nextUniform(in: 5...14)
        walls.append(Wall(side: side, near: near, far: far, style: style, using: &generator))
        near = far + (generator.nextUniform() < 0.35 ? generator.nextUniform(in: 3...10) : 0)
      }
      for wall in walls.reversed() { paint(wall) }
      if generator.nextUniform() < 0.55 {
        let near = generator.nextUniform(in: 3...9)
        paint(
          Fence(
            side: side - direction * generator.nextUniform(in: 0.8...1.8), near: near,
            far: near + generator.nextUniform(in: 6...20), height: generator.nextUniform(in: 0.9...1.7),
            color: SceneColor.random(saturation: 0...0.15, using: &generator)))
      }
    }
  }

  private struct Wall {
    let side: Float
    let near: Float
    let far: Float
    let height: Float
    let color: SceneColor
    let glass: SceneColor
    let windowWidth: Float
    let storey: Float
    let key: UInt32

    init(side: Float, near: Float, far: Float, style: SceneStyle, using generator: inout SeededGenerator) {
      self.side = side
      self.near = near
      self.far = far
      height = generator.nextUniform(in: 3.5...13)
      // Walls of the pavement's stone are what difficulty is made of.
      let paint = SceneColor.random(saturation: 0.05...0.35, using: &generator)
      color =
        generator.nextUniform() < 0.2 + 0.5 * style.difficulty ? style.pavement.mixed(paint, 0.25) : paint
      glass = SceneColor(0.2, 0.24, 0.3).mixed(style.sky, generator.nextUniform(in: 0...0.6))
      windowWidth = generator.nextUniform(in: 1.4...2.6)
      storey = generator.nextUniform(in: 2.6...3.4)
      key = UInt32(truncatingIfNeeded: generator.next())
    }

    func color(along: Float, above: Float) -> SceneColor {
      let u = (along / windowWidth) - (along / windowWidth).rounded(.down)
      let v = (above / storey) - (above / storey).rounded(.down)
      let grain = 0.85 + 0.3 * SceneNoise.fractal(along * 1.5, above * 1.5, key: key)
      let isWindow = u > 0.25 && u < 0.75 && v > 0.3 && v < 0.75
      return isWindow ? glass * grain : color * grain
    }
  }

  /// A wall along the street: every screen column meets it at one distance.
  private mutating func paint(_ wall: Wall) {
    forEachColumn(side: wall.side, near: wall.near, far: wall.far) { canvas, x, distance in
      let bottom = canvas.groundY(distance)
      let pixelsPerMetre = canvas.metre / distance
      let top = bottom - wall.height * pixelsPerMetre
      for y in SceneCanvas.clipped(top, bottom, to: canvas.height) {
        let above = (bottom - Float(y)) / pixelsPerMetre
        canvas.set(x, y, wall.color(along: distance, above: above), .building, distance)
      }
    }
    paintFront(wall)
  }

  /// The wall that faces us at the near end.
  private mutating func paintFront(_ wall: Wall) {
    let distance = wall.near
    let bottom = groundY(distance)
    let scale = metre / distance
    let inner = screenX(wall.side, distance)
    let outer = wall.side < 0 ? -1 : Float(width) + 1
    let (left, right) = (min(inner, outer), max(inner, outer))
    guard right > left else { return }
    for y in Self.clipped(bottom - wall.height * scale, bottom, to: height) {
      for x in Self.clipped(left, right, to: width) {
        let along = abs(Float(x) - inner) / scale
        let above = (bottom - Float(y)) / scale
        set(x, y, wall.color(along: along, above: above) * 0.8, .building, distance)
      }
    }
  }

  private struct Fence {
    let side: Float
    let near: Float
    let far: Float
    let height: Float
    let color: SceneColor
  }

  /// Rails and bars; what shows between the bars counts as fence, as annotators do it.
  private mutating func paint(_ fence: Fence) {
    forEachColumn(side: fence.side, near: fence.near, far: fence.far) { canvas, x, distance in
      let bottom = canvas.groundY(distance)
      let top = bottom - fence.height * canvas.metre / distance
      let bar = (distance * 2.5).truncatingRemainder(dividingBy: 1) < 0.35
      for y in SceneCanvas.clipped(top, bottom, to: canvas.height) {
        let share = (Float(y) - top) / max(1, bottom - top)
        let rail = share < 0.12 || (share > 0.75 && share < 0.87)
        let behind = canvas.colors[y * canvas.width + x]
        canvas.set(x, y, bar || rail ? fence.color : behind.mixed(fence.color, 0.25), .fence, distance)
      }
    }
  }

  private mutating func forEachColumn(
    side: Float, near: Float, far: Float, _ body: (inout SceneCanvas, Int, Float) -> Void
  ) {
    let (a, b) = (screenX(side, far), screenX(side, near))
    for x in Self.clipped(min(a, b), max(a, b).rounded(.up), to: width) {
      let offset = Float(x) + 0.5 - vanishingX
      guard offset * side > 0 else { continue }
      let distance = metre * side / offset
      if distance >= near && distance <= far { body(&self, x, distance) }
    }
  }
}
