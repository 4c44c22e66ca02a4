import Foundation
import TensorCore

extension SceneCanvas {
  private enum Kind: CaseIterable { case tree, pole, sign, car, pedestrian }

  private struct Placement {
    let kind: Kind
    let side: Float
    let distance: Float
  }

  /// Things that stand on the ground, from far to near.
  mutating func paintObjects(_ style: SceneStyle, using generator: inout SeededGenerator) {
    var placements: [Placement] = []
    func place(_ kind: Kind, count: ClosedRange<Int>, side: ClosedRange<Float>, distance: ClosedRange<Float>)
    {
      let number = Int((Float(Int.random(in: count, using: &generator)) * style.clutter).rounded())
      for _ in 0..<number {
        let sign: Float = generator.nextUniform() < 0.5 ? -1 : 1
        // Even in 1 / d, so that near and far things are as many on the screen.
        let inverse = generator.nextUniform(in: (1 / distance.upperBound)...(1 / distance.lowerBound))
        placements.append(
          Placement(kind: kind, side: sign * generator.nextUniform(in: side), distance: 1 / inverse))
      }
    }
    place(.tree, count: 1...5, side: 4.6...8, distance: 5...30)
    place(.pole, count: 1...5, side: 3.6...5.5, distance: 4...25)
    place(.sign, count: 1...4, side: 3.5...5.5, distance: 4...18)
    place(.car, count: 1...5, side: 0.4...3.4, distance: 4...30)
    place(.pedestrian, count: 1...6, side: 1...6, distance: 4...20)
    for placement in placements.sorted(by: { $0.distance > $1.distance }) {
      let x = screenX(placement.side, placement.distance)
      let scale = metre / placement.distance
      let foot = groundY(placement.distance)
      switch placement.kind {
      case .tree: paintTree(x, foot, scale, placement.distance, using: &generator)
      case .pole: paintPole(x, foot, scale, placement.distance, height: 4.5, using: &generator)
      case .sign: paintSign(x, foot, scale, placement.distance, using: &generator)
      case .car: paintCar(x, foot, scale, placement.distance, style, using: &generator)
      case .pedestrian: paintPedestrian(x, foot, scale, placement.distance, using: &generator)
      }
    }
  }

  private mutating func paintShadow(_ x: Float, _ foot: Float, halfWidth: Float, halfHeight: Float) {
    var dark: [(Int, Int)] = []
    forEachPixel(left: x - halfWidth, top: foot - halfHeight, right: x + halfWidth, bottom: foot + halfHeight)
    {
      px, py, u, v in
      if (2 * u - 1) * (2 * u - 1) + (2 * v - 1) * (2 * v - 1) < 1 { dark.append((px, py)) }
    }
    for (px, py) in dark { shade(px, py, 0.55) }
  }

  private mutating func paintBox(
    left: Float, top: Float, right: Float, bottom: Float, _ label: SceneClass, _ distance: Float,
    _ color: (Float, Float) -> SceneColor?
  ) {
    var painted: [(Int, Int, SceneColor)] = []
    forEachPixel(left: left, top: top, right: right, bottom: bottom) { x, y, u, v in
      if let color = color(u, v) { painted.append((x, y, color)) }
    }
    for (x, y, color) in painted { set(x, y, color, label, distance) }
  }

  private mutating func paintTree(
    _ x: Float, _ foot: Float, _ scale: Float, _ distance: Float, using generator: inout SeededGenerator
  ) {
    let height = generator.nextUniform(in: 3.5...7) * scale
    let crown = generator.nextUniform(in: 1.2...2.4) * scale
    let key = UInt32(truncatingIfNeeded: generator.next())
    let bark = SceneColor(0.25, 0.19, 0.14)
    let autumn = generator.nextUniform()
    let leaf = SceneColor(0.16, 0.34, 0.13).mixed(
      SceneColor(0.5, 0.33, 0.12), autumn > 0.7 ? autumn - 0.3 : 0)
    let trunk = max(1, 0.14 * scale)
    paintShadow(x, foot, halfWidth: crown * 0.8, halfHeight: max(1, 0.2 * scale))
    paintBox(left: x - trunk, top: foot - height * 0.6, right: x + trunk, bottom: foot, .tree, distance) {
      _, _ in
      bark
    }
    paintBox(
      left: x - crown, top: foot - height, right: x + crown, bottom: foot - height * 0.35, .tree, distance
    ) { u, v in
      let (a, b) = (2 * u - 1, 2 * v - 1)
      let ragged = SceneNoise.fractal(u * 6, v * 6, key: key)
      guard a * a + b * b < 0.45 + 0.9 * ragged * ragged + 0.2 else { return nil }
      let light = 0.55 + 0.9 * SceneNoise.fractal(u * 14, v * 14, key: key ^ 9) - 0.25 * v
      return leaf * light
    }
  }

  private mutating func paintPole(
    _ x: Float, _ foot: Float, _ scale: Float, _ distance: Float, height: Float,
    using generator: inout SeededGenerator
  ) {
    let half = max(0.6, 0.07 * scale)
    let grey = generator.nextUniform(in: 0.2...0.6)
    paintBox(
      left: x - half, top: foot - height * scale, right: x + half, bottom: foot, .pole, distance
    ) { u, _ in SceneColor(grey, grey, grey * 1.02) * (0.75 + 0.5 * u) }
  }

  private mutating func paintSign(
    _ x: Float, _ foot: Float, _ scale: Float, _ distance: Float, using generator: inout SeededGenerator
  ) {
    let height = generator.nextUniform(in: 2.1...2.9)
    paintPole(x, foot, scale, distance, height: height, using: &generator)
    let half = generator.nextUniform(in: 0.3...0.5) * scale
    let isRound = generator.nextUniform() < 0.5
    let rim = [SceneColor(0.7, 0.08, 0.1), SceneColor(0.1, 0.2, 0.6), SceneColor(0.8, 0.65, 0.1)][
      Int.random(in: 0..<3, using: &generator)]
    let middle = foot - height * scale
    paintBox(left: x - half, top: middle - half, right: x + half, bottom: middle + half, .sign, distance) {
      u, v in
      let (a, b) = (2 * u - 1, 2 * v - 1)
      let radius = isRound ? (a * a + b * b).squareRoot() : max(abs(a), abs(b))
      guard radius < 1 else { return nil }
      return radius > 0.7 ? rim : SceneColor(0.85, 0.85, 0.85)
    }
  }

  private mutating func paintCar(
    _ x: Float, _ foot: Float, _ scale: Float, _ distance: Float, _ style: SceneStyle,
    using generator: inout SeededGenerator
  ) {
    let half = generator.nextUniform(in: 0.85...1.05) * scale
    let height = generator.nextUniform(in: 1.35...1.75) * scale
    // Grey cars on grey roads.
    let paint = SceneColor.random(saturation: 0.2...0.9, using: &generator)
    let body =
      generator.nextUniform() < 0.2 + 0.5 * style.difficulty ? style.road.mixed(paint, 0.2) * 1.1 : paint
    let glass = SceneColor(0.12, 0.14, 0.18).mixed(style.sky, 0.3)
    let lamp = generator.nextUniform() < 0.5 ? SceneColor(0.75, 0.12, 0.1) : SceneColor(0.95, 0.93, 0.8)
    paintShadow(x, foot, halfWidth: half * 1.15, halfHeight: max(1, 0.18 * scale))
    paintBox(left: x - half, top: foot - height, right: x + half, bottom: foot, .car, distance) { u, v in
      let a = abs(2 * u - 1)
      if v < 0.45 {  // cabin
        let edge = 0.62 + 0.3 * v
        guard a < edge else { return nil }
        return a < edge - 0.12 && v > 0.1 && v < 0.4 ? glass : body * 0.95
      }
      if v > 0.86 {  // wheels
        return a > 0.6 && a < 0.95 ? SceneColor(0.06, 0.06, 0.06) : nil
      }
      if v > 0.5 && v < 0.62 && a > 0.7 { return lamp }
      return body * (1.1 - 0.4 * (v - 0.45))
    }
  }

  private mutating func paintPedestrian(
    _ x: Float, _ foot: Float, _ scale: Float, _ distance: Float, using generator: inout SeededGenerator
  ) {
    let height = generator.nextUniform(in: 1.5...1.9) * scale
    let half = max(1, 0.27 * scale)
    let coat = SceneColor.random(saturation: 0.2...0.9, using: &generator)
    let trousers = SceneColor.random(saturation: 0...0.3, using: &generator) * 0.6
    let skin = SceneColor(0.75, 0.56, 0.45).mixed(SceneColor(0.3, 0.2, 0.15), generator.nextUniform())
    let stride = generator.nextUniform(in: 0.1...0.45)
    paintShadow(x, foot, halfWidth: half * 1.2, halfHeight: max(1, 0.08 * scale))
    paintBox(left: x - half, top: foot - height, right: x + half, bottom: foot, .pedestrian, distance) {
      u, v in
      let a = 2 * u - 1
      if v < 0.16 {  // head
        let b = (v - 0.08) / 0.08
        return a * a / 0.16 + b * b < 1 ? skin : nil
      }
      if v < 0.55 { return abs(a) < 0.75 - 0.2 * abs(v - 0.35) ? coat : nil }
      let spread = stride * (v - 0.55) / 0.45
      return abs(abs(a) - 0.25 - spread) < 0.24 ? trousers : nil
    }
  }
}
