/// Sizes and dropout of ASPP and decoder. The defaults are the paper's segmentation decoder.
///
/// *Source*: Chen et al., DeepLabV3+, arXiv 1802.02611; numbers as the authors' program.
package struct DecoderConfiguration: Hashable, Sendable, Codable {
  package var asppChannels: Int
  /// Channels that the low-level features are reduced to.
  package var lowLevelChannels: Int
  package var decoderChannels: Int
  package var asppDropout: Float
  /// After the first and the second 3×3 convolution of the decoder.
  package var decoderDropout1: Float
  package var decoderDropout2: Float

  package init(
    asppChannels: Int = 256, lowLevelChannels: Int = 48, decoderChannels: Int = 256, asppDropout: Float = 0.1,
    decoderDropout1: Float = 0.5, decoderDropout2: Float = 0.1
  ) {
    self.asppChannels = asppChannels
    self.lowLevelChannels = lowLevelChannels
    self.decoderChannels = decoderChannels
    self.asppDropout = asppDropout
    self.decoderDropout1 = decoderDropout1
    self.decoderDropout2 = decoderDropout2
  }

  /// ELN's decoder: dropout 0.5 after ASPP. (The authors' program has 48 low-level channels here too.)
  package static var errorLocalization: DecoderConfiguration { DecoderConfiguration(asppDropout: 0.5) }
}
