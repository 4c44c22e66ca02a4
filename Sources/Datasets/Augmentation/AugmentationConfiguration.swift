/// How training images are changed before the networks see them. The defaults are the paper's.
package struct AugmentationConfiguration: Hashable, Sendable, Codable {
  /// Every input is resized to this size first (images bilinear, masks nearest); 0 = left as it is. Inputs
  /// are resized so at inference too.
  package var resizeHeight = 0
  package var resizeWidth = 0
  /// Random scale before the crop; 1, 1 = none.
  package var minimumScale: Float = 1
  package var maximumScale: Float = 1
  /// Random crop; smaller images are centred and padded with ImageNet's mean colour (0 once normalised),
  /// masks with the ignore label. 0 = none.
  package var cropHeight = 0
  package var cropWidth = 0
  package var flipProbability: Float = 0.5
  /// Colour jitter of the unlabelled images' second view: factors within 1 ± x, hue within ± x.
  package var brightness: Float = 0.4
  package var contrast: Float = 0.4
  package var saturation: Float = 0.4
  package var hue: Float = 0.1
  package var grayscaleProbability: Float = 0.2

  package init() {}

  /// - Throws: for a setting out of its range, under its name in the configuration.
  package func validate() throws(DatasetError) {
    try Self.checkSize(resizeWidth, "resizeWidth", resizeHeight, "resizeHeight")
    try Self.checkSize(cropWidth, "cropWidth", cropHeight, "cropHeight")
    try Self.check(minimumScale, "minimumScale", 0.01...100)
    try Self.check(maximumScale, "maximumScale", 0.01...100)
    guard minimumScale <= maximumScale else {
      throw Self.error("minimumScale", "\(minimumScale) is above maximumScale, \(maximumScale)")
    }
    try Self.check(flipProbability, "flipProbability", 0...1)
    try Self.check(grayscaleProbability, "grayscaleProbability", 0...1)
    try Self.check(brightness, "brightness", 0...100)
    try Self.check(contrast, "contrast", 0...100)
    try Self.check(saturation, "saturation", 0...100)
    try Self.check(hue, "hue", 0...0.5)
  }

  private static func checkSize(
    _ width: Int, _ widthName: String, _ height: Int, _ heightName: String
  ) throws(DatasetError) {
    for (size, name, other) in [(width, widthName, height), (height, heightName, width)] {
      guard (0...65_536).contains(size) else {
        throw error(name, "\(size), expected 0 (none) to 65536 pixels")
      }
      guard size > 0 || other == 0 else {
        throw error(name, "0, but the other side is \(other); set both or none")
      }
    }
  }

  private static func check(_ value: Float, _ name: String, _ range: ClosedRange<Float>) throws(DatasetError)
  {
    guard range.contains(value) else {
      throw error(name, "\(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
  }

  private static func error(_ name: String, _ reason: String) -> DatasetError {
    DatasetError("data.augmentation.\(name)", reason)
  }
}
