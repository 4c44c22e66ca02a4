import Auditing
import Foundation
import Testing

@Suite struct PerceptualHashTests {
  /// A smooth picture with structure at several scales.
  private static func picture(width: Int, height: Int, shift: Double = 0, noise: Int = 0) -> [UInt8] {
    var numbers = NumberSequence(seed: 4)
    return (0..<width * height).flatMap { index -> [UInt8] in
      let x = (Double(index % width) + 0.5) / Double(width)
      let y = (Double(index / width) + 0.5) / Double(height)
      let wave: Double =
        sin(9 * x + 2 * shift) * cos(7 * y - shift) + 0.6 * sin(17 * x * y + shift) + 0.4 * cos(13 * y)
      let value = 128 + 50 * wave + Double(noise) * (Double(numbers.next()) - 0.5)
      return [UInt8(max(0, min(255, value))), UInt8(max(0, min(255, value * 0.9))), 60]
    }
  }

  private static func hash(width: Int, height: Int, shift: Double = 0, noise: Int = 0) throws
    -> PerceptualHash
  {
    try #require(
      PerceptualHash(
        pixels: picture(width: width, height: height, shift: shift, noise: noise), width: width,
        height: height))
  }

  /// The transform by its formula, where every cell is one pixel.
  @Test func theFormula() throws {
    let pixels = Self.picture(width: 32, height: 32)
    let grey = (0..<1024).map { index -> Double in
      let (red, green, blue) = (
        Int(pixels[index * 3]), Int(pixels[index * 3 + 1]), Int(pixels[index * 3 + 2])
      )
      return Double(77 * red + 150 * green + 29 * blue) / 256
    }
    var coefficients: [Double] = []
    for v in 1...8 {
      for u in 1...8 {
        var sum = 0.0
        for y in 0..<32 {
          for x in 0..<32 {
            let horizontal = cos(Double.pi * Double(2 * x + 1) * Double(u) / 64)
            let vertical = cos(Double.pi * Double(2 * y + 1) * Double(v) / 64)
            sum += grey[y * 32 + x] * horizontal * vertical
          }
        }
        coefficients.append(sum)
      }
    }
    let sorted = coefficients.sorted()
    let median = (sorted[31] + sorted[32]) / 2
    let expected = coefficients.enumerated().reduce(UInt64(0)) {
      $1.element > median ? $0 | 1 << UInt64($1.offset) : $0
    }
    let hash = try #require(PerceptualHash(pixels: pixels, width: 32, height: 32))
    #expect(hash.bits == expected)
    #expect(hash.bits.nonzeroBitCount == 32)
  }

  @Test(arguments: [(640, 480), (321, 239), (64, 48), (40, 50)]) func sizeAndNoiseChangeLittle(
    width: Int, height: Int
  )
    throws
  {
    let original = try Self.hash(width: 1280, height: 960)
    #expect(try original.distance(to: Self.hash(width: width, height: height)) <= PerceptualHash.nearDistance)
    let noisy = try Self.hash(width: width, height: height, noise: 12)
    #expect(original.distance(to: noisy) <= PerceptualHash.nearDistance)
  }

  @Test func anotherPictureIsFar() throws {
    let original = try Self.hash(width: 320, height: 240)
    for shift in [0.7, 1.5, 3] {
      #expect(try original.distance(to: Self.hash(width: 320, height: 240, shift: shift)) > 12)
    }
  }

  @Test func distancesCountBits() {
    let zero = PerceptualHash(bits: 0)
    #expect(zero.distance(to: PerceptualHash(bits: 0b1011)) == 3)
    #expect(zero.distance(to: PerceptualHash(bits: .max)) == 64)
    #expect(zero.distance(to: zero) == 0)
  }

  /// One colour has no structure; neither has a gradient that rounding alone makes.
  @Test(arguments: [(1, 1), (1, 90), (70, 1), (100, 80)]) func noStructureHasNoHash(width: Int, height: Int) {
    let flat = [UInt8](repeating: 77, count: width * height * 3)
    #expect(PerceptualHash(pixels: flat, width: width, height: height) == nil)
  }

  /// Fewer pixels than cells: each pixel is spread over several.
  @Test func smallerThanTheCells() throws {
    let small = try Self.hash(width: 16, height: 16)
    let doubled = Self.picture(width: 16, height: 16)
    var large: [UInt8] = []
    for y in 0..<64 {
      for x in 0..<64 {
        let pixel: Int = (y / 4) * 16 + x / 4
        large += doubled[3 * pixel..<3 * pixel + 3]
      }
    }
    #expect(PerceptualHash(pixels: large, width: 64, height: 64) == small)
  }
}
