import Imaging
import TensorCore

/// A made-up street with its true labels.
package struct Scene: Sendable {
  package let image: RGBImage
  package let mask: LabelMask
  /// How hard weather, light and noise make it. *Range*: 0…1.
  package let difficulty: Float
}

/// Makes street-like scenes: a road in perspective between buildings, with trees, poles, signs, fences, cars and
/// people, under light and weather that differ from scene to scene.
///
/// The same seed, size and index give the same scene. Data for trying things out, without anybody's licence.
package struct SceneGenerator: Sendable {
  /// By class index.
  package static let classes = ClassList(
    names: SceneClass.allCases.map { String(describing: $0) },
    colors: [
      (112, 160, 220), (140, 100, 80), (90, 90, 100), (200, 140, 190), (60, 140, 60), (220, 200, 90),
      (230, 120, 30), (40, 60, 180), (210, 40, 60), (150, 170, 140),
    ].map { RGBColor(red: $0.0, green: $0.1, blue: $0.2) })

  package let width: Int
  package let height: Int
  private let seed: UInt64

  /// - Precondition: at least 32×32 pixels.
  package init(width: Int, height: Int, seed: UInt64) {
    precondition(width >= 32 && height >= 32)
    self.width = width
    self.height = height
    self.seed = seed
  }

  package func scene(_ index: Int) -> Scene {
    var generator = SeededGenerator(seed: seed, stream: UInt64(index))
    let style = SceneStyle(using: &generator)
    var canvas = SceneCanvas(
      width: width, height: height, horizon: style.horizon * Float(height),
      vanishingX: style.vanishingX * Float(width))
    canvas.paintSky(style, using: &generator)
    canvas.paintGround(style, using: &generator)
    canvas.paintBuildings(style, using: &generator)
    canvas.paintObjects(style, using: &generator)
    return Scene(
      image: canvas.developed(style, using: &generator),
      mask: LabelMask(width: width, height: height, labels: canvas.labels), difficulty: style.difficulty)
  }
}

enum SceneClass: UInt8, CaseIterable {
  case sky, building, road, pavement, tree, pole, sign, car, pedestrian, fence
}

/// What a scene has been dealt: viewpoint, light, weather and clutter.
struct SceneStyle {
  let difficulty: Float
  let horizon: Float
  let vanishingX: Float
  let sky: SceneColor
  let light: SceneColor
  let haze: Float
  let noise: Float
  let blur: Int
  let road: SceneColor
  let pavement: SceneColor
  let clutter: Float

  init(using generator: inout SeededGenerator) {
    let chance = generator.nextUniform()
    difficulty = chance * chance
    horizon = generator.nextUniform(in: 0.36...0.5)
    vanishingX = generator.nextUniform(in: 0.35...0.65)
    let dusk = generator.nextUniform() < 0.25 + 0.4 * difficulty
    sky =
      dusk
      ? SceneColor(0.75, 0.5 + 0.15 * generator.nextUniform(), 0.45)
      : SceneColor(0.5 + 0.3 * generator.nextUniform(), 0.68, 0.88)
    let brightness = (1 - 0.6 * difficulty * generator.nextUniform()) * generator.nextUniform(in: 0.85...1.1)
    light =
      dusk
      ? SceneColor(1.05, 0.88, 0.76) * brightness
      : SceneColor(1, 1, generator.nextUniform(in: 0.94...1.06)) * brightness
    haze = 0.01 + 0.16 * difficulty * generator.nextUniform()
    noise = 0.012 + 0.07 * difficulty * generator.nextUniform()
    blur = difficulty > 0.45 && generator.nextUniform() < 0.5 ? 2 : 1
    let asphalt = generator.nextUniform(in: 0.28...0.45)
    road = SceneColor(asphalt, asphalt, asphalt * generator.nextUniform(in: 0.98...1.08))
    let stone = asphalt + generator.nextUniform(in: (0.16 - 0.13 * difficulty)...0.24)
    pavement = SceneColor(stone * 1.04, stone, stone * generator.nextUniform(in: 0.88...0.98))
    clutter = 0.5 + generator.nextUniform()
  }
}
