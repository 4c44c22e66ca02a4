import Datasets
import Foundation
import Imaging
import TensorCore

/// Data sets made for a test, and batches read back as pixels.
extension TemporaryFolder {
  static let classes = ClassList(names: (0..<11).map { "class \($0)" })
  static let ignoreLabel: UInt8 = 255

  /// The label that goes with a position.
  static func label(x: Int, y: Int) -> UInt8 { UInt8((3 * x + 5 * y) % 11) }

  /// Images whose pixels say where they are and of which image, with masks that follow from it.
  func writePositions(count: Int, width: Int, height: Int) throws -> SegmentationDataset {
    var samples: [Sample] = []
    for index in 0..<count {
      let image = RGBImage.positions(width: width, height: height, tag: UInt8(150 + index))
      let mask = LabelMask.filled(width: width, height: height) { Self.label(x: $0, y: $1) }
      samples.append(
        Sample(
          name: "s\(index)", image: try write(image, to: "images/s\(index).png"),
          mask: try write(mask, to: "masks/s\(index).png")))
    }
    return SegmentationDataset(samples: samples, classes: Self.classes, ignoreLabel: Self.ignoreLabel)
  }

  /// One image, with or without a mask.
  func writeSample(_ image: RGBImage, mask: LabelMask? = nil) throws -> SegmentationDataset {
    let sample = Sample(
      name: "one", image: try write(image, to: "images/one.png"),
      mask: try mask.map { try write($0, to: "masks/one.png") })
    return SegmentationDataset(samples: [sample], classes: Self.classes, ignoreLabel: Self.ignoreLabel)
  }
}

/// 8-bit pixels of a normalised batch.
struct BatchPixels {
  let count: Int
  let height: Int
  let width: Int
  private let values: [Int]

  init(_ tensor: Tensor) {
    (count, height, width) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
    values = tensor.values.enumerated().map { index, value in
      let (mean, deviation) = (ImageNormalization.mean[index % 3], ImageNormalization.deviation[index % 3])
      return Int((255 * (value * deviation + mean)).rounded())
    }
  }

  subscript(image: Int, y: Int, x: Int) -> [Int] {
    let start = ((image * height + y) * width + x) * 3
    return Array(values[start..<start + 3])
  }
}

extension AugmentationConfiguration {
  /// No chance involved.
  static var none: AugmentationConfiguration {
    var configuration = AugmentationConfiguration()
    configuration.flipProbability = 0
    (configuration.brightness, configuration.contrast) = (0, 0)
    (configuration.saturation, configuration.hue) = (0, 0)
    configuration.grayscaleProbability = 0
    return configuration
  }

  func with<Value>(
    _ setting: WritableKeyPath<AugmentationConfiguration, Value>, _ value: Value
  ) -> AugmentationConfiguration {
    var result = self
    result[keyPath: setting] = value
    return result
  }

  func cropped(width: Int, height: Int) -> AugmentationConfiguration {
    with(\.cropWidth, width).with(\.cropHeight, height)
  }
}
