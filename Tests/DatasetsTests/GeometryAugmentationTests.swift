import Datasets
import Foundation
import Imaging
import TensorCore
import Testing

@Suite struct GeometryAugmentationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func batch(
    _ dataset: SegmentationDataset, _ configuration: AugmentationConfiguration, size: Int = 1,
    seed: UInt64 = 5
  ) throws -> LabeledBatch {
    try LabeledBatchLoader(labeled: dataset, batchSize: size, augmentation: configuration, seed: seed).next()
  }

  @Test func normalisationHasImageNetsValues() throws {
    let image = RGBImage(width: 2, height: 1, pixels: [0, 255, 51, 124, 116, 104])
    let tensor = ImageNormalization.tensor(from: image)
    #expect(tensor.shape == [1, 1, 2, 3])
    // (0 − 0.485) / 0.229, (1 − 0.456) / 0.224, (0.2 − 0.406) / 0.225; then the pixel nearest to the mean.
    let expected: [Float] = [-2.117_904, 2.428_571, -0.915_556, 0.005_566, -0.004_902, 0.008_192]
    for (value, wanted) in zip(tensor.values, expected) { #expect(abs(value - wanted) < 2e-6) }
    let two = ImageNormalization.tensor(from: [image, .uniform(width: 2, height: 1, 124, 116, 104)])
    #expect(two.shape == [2, 1, 2, 3])
    #expect(Array(two.values[..<6]) == tensor.values)
    let second = Array(tensor.values[3...])
    #expect(Array(two.values[6..<9]) == second)
    #expect(Array(two.values[9..<12]) == second)
  }

  @Test func withoutAugmentationNothingChanges() throws {
    let dataset = try folder.writePositions(count: 1, width: 7, height: 5)
    let batch = try batch(dataset, .none)
    let pixels = BatchPixels(batch.images)
    #expect(batch.images.shape == [1, 5, 7, 3])
    for y in 0..<5 {
      for x in 0..<7 {
        #expect(pixels[0, y, x] == [x, y, 150])
        #expect(batch.labels.labels[y * 7 + x] == TemporaryFolder.label(x: x, y: y))
      }
    }
  }

  @Test func cropAndFlipKeepImageAndMaskAligned() throws {
    let (width, height) = (11, 9)
    let dataset = try folder.writePositions(count: 3, width: width, height: height)
    let configuration = AugmentationConfiguration.none.with(\.flipProbability, 0.5).cropped(
      width: 8, height: 6)
    let batch = try batch(dataset, configuration, size: 96)
    #expect(batch.images.shape == [96, 6, 8, 3])
    #expect(batch.labels.shape == [96, 6, 8])
    let pixels = BatchPixels(batch.images)
    var flips = 0
    var corners: Set<[Int]> = []
    for image in 0..<96 {
      let first = pixels[image, 0, 0]
      let step = pixels[image, 0, 1][0] - first[0]
      try #require(abs(step) == 1)
      if step < 0 { flips += 1 }
      corners.insert([step > 0 ? first[0] : first[0] - 7, first[1]])
      #expect("s\(first[2] - 150)" == batch.names[image])
      for y in 0..<6 {
        for x in 0..<8 {
          let position = pixels[image, y, x]
          #expect(position == [first[0] + step * x, first[1] + y, first[2]])
          #expect(
            batch.labels.labels[(image * 6 + y) * 8 + x]
              == TemporaryFolder.label(x: position[0], y: position[1]))
        }
      }
    }
    #expect((30...66).contains(flips))
    #expect(corners.count == 16, "every window is possible: 4 × 4")
  }

  @Test(arguments: [(Float(0), false), (1, true)])
  func flipProbabilitiesAtTheEnds(_ probability: Float, flipped: Bool) throws {
    let dataset = try folder.writePositions(count: 1, width: 4, height: 2)
    let batch = try batch(dataset, .none.with(\.flipProbability, probability), size: 20)
    let pixels = BatchPixels(batch.images)
    #expect((0..<20).allSatisfy { pixels[$0, 0, 0][0] == (flipped ? 3 : 0) })
  }

  @Test func smallerImagesArePaddedWithTheMeanAndIgnored() throws {
    let dataset = try folder.writePositions(count: 1, width: 5, height: 4)
    let batch = try batch(dataset, .none.cropped(width: 8, height: 10))
    #expect(batch.images.shape == [1, 10, 8, 3])
    let pixels = BatchPixels(batch.images)
    for y in 0..<10 {
      for x in 0..<8 {
        let (sourceX, sourceY) = (x - 1, y - 3)
        let label = batch.labels.labels[y * 8 + x]
        if (0..<5).contains(sourceX) && (0..<4).contains(sourceY) {
          #expect(pixels[0, y, x] == [sourceX, sourceY, 150])
          #expect(label == TemporaryFolder.label(x: sourceX, y: sourceY))
        } else {
          let start = (y * 8 + x) * 3
          #expect(batch.images.values[start..<start + 3].allSatisfy { abs($0) < 0.01 })
          #expect(label == TemporaryFolder.ignoreLabel)
        }
      }
    }
  }

  @Test func fixedResizeComesFirst() throws {
    let mask = LabelMask(width: 2, height: 2, labels: [1, 9, 4, 255])
    let dataset = try folder.writeSample(.uniform(width: 2, height: 2, 10, 20, 30), mask: mask)
    let resized = try batch(dataset, .none.with(\.resizeWidth, 6).with(\.resizeHeight, 4))
    #expect(resized.images.shape == [1, 4, 6, 3])
    let (top, bottom): ([UInt8], [UInt8]) = ([1, 1, 1, 9, 9, 9], [4, 4, 4, 255, 255, 255])
    #expect(resized.labels.labels == top + top + bottom + bottom)
    #expect(BatchPixels(resized.images)[0, 3, 5] == [10, 20, 30])
    let cropped = try batch(
      dataset, .none.with(\.resizeWidth, 6).with(\.resizeHeight, 4).cropped(width: 6, height: 4))
    #expect(cropped.labels == resized.labels)
  }

  @Test func randomScaleKeepsEdgesAligned() throws {
    let (width, height) = (60, 40)
    let mask = LabelMask.filled(width: width, height: height) { x, y in (x < 30 ? 1 : 2) + (y < 20 ? 0 : 4) }
    var image = RGBImage.uniform(width: width, height: height, 0, 0, 0)
    for index in mask.labels.indices {
      image.pixels[3 * index] = mask.labels[index] % 4 == 1 ? 0 : 255
      image.pixels[3 * index + 1] = mask.labels[index] < 4 ? 0 : 255
    }
    let dataset = try folder.writeSample(image, mask: mask)
    let configuration = AugmentationConfiguration.none.with(\.minimumScale, 0.5).with(\.maximumScale, 2)
    var widths: Set<Int> = []
    for seed in 0..<24 {
      let batch = try batch(dataset, configuration, seed: UInt64(seed))
      let pixels = BatchPixels(batch.images)
      #expect((30...120).contains(pixels.width))
      #expect(abs(Double(pixels.height) - Double(pixels.width) * 2 / 3) <= 1)
      widths.insert(pixels.width)
      for y in 0..<pixels.height {
        for x in 0..<pixels.width {
          let pixel = pixels[0, y, x]
          // Halfway values lie on the edge, where either class is right.
          guard !(100...155).contains(pixel[0]), !(100...155).contains(pixel[1]) else { continue }
          let label = (pixel[0] < 128 ? 1 : 2) + (pixel[1] < 128 ? 0 : 4)
          #expect(Int(batch.labels.labels[y * pixels.width + x]) == label)
        }
      }
    }
    #expect(widths.count > 15 && (widths.min() ?? 60) < 45 && (widths.max() ?? 60) > 100)
  }

  @Test(arguments: [
    (AugmentationConfiguration().with(\.cropWidth, 4), "cropHeight"),
    (AugmentationConfiguration().with(\.resizeHeight, 4), "resizeWidth"),
    (AugmentationConfiguration().cropped(width: -1, height: 4), "cropWidth"),
    (AugmentationConfiguration().with(\.minimumScale, 2), "minimumScale"),
    (AugmentationConfiguration().with(\.minimumScale, 0), "minimumScale"),
    (AugmentationConfiguration().with(\.maximumScale, .infinity), "maximumScale"),
    (AugmentationConfiguration().with(\.flipProbability, 1.5), "flipProbability"),
    (AugmentationConfiguration().with(\.grayscaleProbability, .nan), "grayscaleProbability"),
    (AugmentationConfiguration().with(\.brightness, -0.1), "brightness"),
    (AugmentationConfiguration().with(\.hue, 0.6), "hue"),
  ])
  func impossibleSettingsAreNamed(_ configuration: AugmentationConfiguration, setting: String) {
    let error = #expect(throws: DatasetError.self) { try configuration.validate() }
    #expect(error?.location == "data.augmentation.\(setting)", "\(String(describing: error))")
  }

  @Test func theDefaultsAreThePapers() throws {
    let configuration = AugmentationConfiguration()
    try configuration.validate()
    #expect(configuration.flipProbability == 0.5)
    #expect(
      configuration.brightness == 0.4 && configuration.contrast == 0.4 && configuration.saturation == 0.4)
    #expect(configuration.hue == 0.1 && configuration.grayscaleProbability == 0.2)
  }
}
