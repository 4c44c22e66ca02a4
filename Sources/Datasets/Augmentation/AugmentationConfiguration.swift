/// How training images are changed before the networks see them. The defaults are the paper's.
package struct AugmentationConfiguration: Hashable, Sendable, Codable {
  /// Every input is resized to this size first (images bilinear, masks nearest); 0 = left as it is. Inputs are
  /// resized so at inference too.
  package var resizeHeight = 0
  package var resizeWidth = 0
  /// Random scale before the crop; 1, 1 = none.
  package var minimumScale: Float = 1
  package var maximumScale: Float = 1
  /// Random crop; smaller images are padded with their mean colour, masks with the ignore label. 0 = none.
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
}
