import Imaging
import TensorCore

/// Random changes of one sample; the same generator gives the same changes.
struct Augmentation {
  let configuration: AugmentationConfiguration
  let ignoreLabel: UInt8

  /// The fixed resize, which does not depend on chance.
  func resize(_ image: RGBImage) -> RGBImage {
    guard configuration.resizeHeight > 0, configuration.resizeWidth > 0 else { return image }
    return image.resized(width: configuration.resizeWidth, height: configuration.resizeHeight)
  }

  func resize(_ mask: LabelMask) -> LabelMask {
    guard configuration.resizeHeight > 0, configuration.resizeWidth > 0 else { return mask }
    return mask.resizedNearest(width: configuration.resizeWidth, height: configuration.resizeHeight)
  }

  /// Scale, crop and flip, alike for image and mask.
  func changeGeometry(
    _ image: RGBImage, _ mask: LabelMask?, using generator: inout SeededGenerator
  ) -> (image: RGBImage, mask: LabelMask?) {
    var (image, mask) = (image, mask)
    if configuration.minimumScale != 1 || configuration.maximumScale != 1 {
      let scale = generator.nextUniform(in: configuration.minimumScale...configuration.maximumScale)
      let width = max(1, Int((Float(image.width) * scale).rounded()))
      let height = max(1, Int((Float(image.height) * scale).rounded()))
      image = image.resized(width: width, height: height)
      mask = mask?.resizedNearest(width: width, height: height)
    }
    if configuration.cropHeight > 0 && configuration.cropWidth > 0 {
      let (width, height) = (configuration.cropWidth, configuration.cropHeight)
      let x = Self.offset(size: image.width, crop: width, using: &generator)
      let y = Self.offset(size: image.height, crop: height, using: &generator)
      image = image.cropped(x: x, y: y, width: width, height: height, padding: Self.meanColor)
      mask = mask?.cropped(x: x, y: y, width: width, height: height, padding: ignoreLabel)
    }
    if generator.nextUniform() < configuration.flipProbability {
      image = image.flippedHorizontally()
      mask = mask?.flippedHorizontally()
    }
    return (image, mask)
  }

  /// Jitter in random order, then perhaps grey: torchvision's ColorJitter and RandomGrayscale.
  func changeColors(_ image: RGBImage, using generator: inout SeededGenerator) -> RGBImage {
    var changes: [ColorChange] = []
    func factor(_ strength: Float) -> Float {
      generator.nextUniform(in: max(0, 1 - strength)...1 + strength)
    }
    if configuration.brightness > 0 { changes.append(.brightness(factor(configuration.brightness))) }
    if configuration.contrast > 0 { changes.append(.contrast(factor(configuration.contrast))) }
    if configuration.saturation > 0 { changes.append(.saturation(factor(configuration.saturation))) }
    if configuration.hue > 0 {
      changes.append(.hue(generator.nextUniform(in: -configuration.hue...configuration.hue)))
    }
    changes.shuffle(using: &generator)
    if generator.nextUniform() < configuration.grayscaleProbability { changes.append(.grayscale) }
    return image.changingColors(changes)
  }

  /// Where the window begins; negative in an image that is smaller than it, which is then centred.
  private static func offset(size: Int, crop: Int, using generator: inout SeededGenerator) -> Int {
    size > crop ? Int.random(in: 0...size - crop, using: &generator) : -((crop - size) / 2)
  }

  /// ImageNet's mean: padding is 0 after normalisation.
  private static let meanColor = RGBColor(red: 124, green: 116, blue: 104)
}
