import Datasets
import Foundation
import Imaging
import TensorCore
import Testing

@Suite struct ColorAugmentationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func batch(
    _ image: RGBImage, _ configuration: AugmentationConfiguration, size: Int
  ) throws -> (plain: BatchPixels, augmented: BatchPixels) {
    let dataset = try folder.writeSample(image)
    let loader = UnlabeledBatchLoader(
      unlabeled: dataset, batchSize: size, augmentation: configuration, seed: 11)
    let batch = try loader.next()
    #expect(batch.plain.shape == batch.augmented.shape)
    #expect(batch.names == [String](repeating: "one", count: size))
    return (BatchPixels(batch.plain), BatchPixels(batch.augmented))
  }

  @Test func bothViewsHaveTheSameGeometry() throws {
    let geometry = AugmentationConfiguration.none.with(\.flipProbability, 0.5)
      .with(\.minimumScale, 0.8).with(\.maximumScale, 1.5).cropped(width: 6, height: 5)
    let image = RGBImage.positions(width: 12, height: 9)
    let (plain, same) = try batch(image, geometry, size: 12)
    let (_, grey) = try batch(image, geometry.with(\.grayscaleProbability, 1), size: 12)
    var first: Set<[Int]> = []
    for index in 0..<12 {
      first.insert(plain[index, 0, 0])
      for y in 0..<5 {
        for x in 0..<6 {
          let pixel = plain[index, y, x]
          #expect(same[index, y, x] == pixel)
          let luma = 0.2989 * Double(pixel[0]) + 0.587 * Double(pixel[1]) + 0.114 * Double(pixel[2])
          #expect(abs(Double(grey[index, y, x][0]) - luma) <= 1)
          #expect(Set(grey[index, y, x]).count == 1)
        }
      }
    }
    #expect(first.count > 6, "the windows differ")
  }

  @Test(arguments: [(Float(0.4), 60...140), (1.5, 0...250)])
  func brightnessIsUniformAroundOne(_ strength: Float, range: ClosedRange<Int>) throws {
    let (plain, bright) = try batch(
      .uniform(width: 2, height: 1, 100, 100, 100), .none.with(\.brightness, strength), size: 400)
    let values = (0..<400).map { bright[$0, 0, 0][0] }
    #expect((0..<400).allSatisfy { plain[$0, 0, 1] == [100, 100, 100] })
    #expect(values.allSatisfy { range.contains($0) })
    let margin = range.count / 20
    #expect(values.contains { $0 < range.lowerBound + margin })
    #expect(values.contains { $0 > range.upperBound - margin })
    let middle = Double(range.lowerBound + range.upperBound) / 2
    #expect(abs(Double(values.reduce(0, +)) / 400 - middle) < Double(range.count) * 0.06)
  }

  @Test func saturationBlendsWithGrey() throws {
    let (_, view) = try batch(
      .uniform(width: 1, height: 1, 200, 100, 100), .none.with(\.saturation, 0.4), size: 200)
    let grey = 129.0
    let factors = (0..<200).map { (Double(view[$0, 0, 0][0]) - grey) / (200 - grey) }
    for (index, factor) in factors.enumerated() {
      #expect(abs(Double(view[index, 0, 0][1]) - (grey + factor * (100 - grey))) < 2)
    }
    #expect(factors.allSatisfy { (0.58...1.42).contains($0) })
    #expect(factors.contains { $0 < 0.7 } && factors.contains { $0 > 1.3 })
  }

  @Test func hueTurnsBothWays() throws {
    let (_, view) = try batch(
      .uniform(width: 1, height: 1, 200, 100, 100), .none.with(\.hue, 0.1), size: 200)
    let pixels = (0..<200).map { view[$0, 0, 0] }
    // 0.1 of the circle is 0.6 of the way from red to yellow, or to magenta.
    #expect(pixels.allSatisfy { $0[0] == 200 && min($0[1], $0[2]) == 100 && max($0[1], $0[2]) <= 160 })
    #expect(pixels.contains { $0[1] > 150 } && pixels.contains { $0[2] > 150 })
  }

  @Test func grayscaleHasItsProbability() throws {
    let (_, view) = try batch(
      .uniform(width: 1, height: 1, 200, 100, 50), .none.with(\.grayscaleProbability, 0.2), size: 1000)
    let grey = (0..<1000).count { Set(view[$0, 0, 0]).count == 1 }
    #expect((160...240).contains(grey))
    #expect((0..<1000).allSatisfy { Set(view[$0, 0, 0]).count == 1 || view[$0, 0, 0] == [200, 100, 50] })
  }

  /// On one black and one bright pixel: brightness first is clamped at 255, so that contrast below 1 leaves
  /// a sum of 255; contrast first leaves room, and the sum can exceed it while nothing is clamped.
  @Test func theOrderIsRandom() throws {
    let image = RGBImage(width: 2, height: 1, pixels: [0, 0, 0, 250, 250, 250])
    let configuration = AugmentationConfiguration.none.with(\.brightness, 0.4).with(\.contrast, 0.4)
    let (_, view) = try batch(image, configuration, size: 2000)
    var brightnessFirst = 0
    var contrastFirst = 0
    for index in 0..<2000 {
      let (low, high) = (view[index, 0, 0][0], view[index, 0, 1][0])
      guard low > 5, high < 250 else { continue }
      if (252...256).contains(low + high) { brightnessFirst += 1 }
      if low + high > 260 { contrastFirst += 1 }
    }
    #expect(brightnessFirst > 150, "brightness first: \(brightnessFirst)")
    #expect(contrastFirst > 25, "contrast first: \(contrastFirst)")
  }
}
