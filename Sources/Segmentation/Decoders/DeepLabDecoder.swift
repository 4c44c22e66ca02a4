import NeuralNetwork
import TensorCore

/// ASPP and the DeepLabV3+ decoder: deep and low-level features to features at stride 4.
package final class DeepLabDecoder: Module {
  private let aspp: AtrousSpatialPyramidPooling
  private let lowLevel: NormalizedConvolution
  private let first: NormalizedConvolution
  private let second: NormalizedConvolution
  private let last: Convolution2D
  private let dropout1: Dropout
  private let dropout2: Dropout

  package init(
    _ configuration: DecoderConfiguration, encoder: ResNetConfiguration,
    using generator: inout SeededGenerator
  ) {
    aspp = AtrousSpatialPyramidPooling(
      inputChannels: encoder.outputChannels, channels: configuration.asppChannels,
      outputStride: encoder.outputStride, dropout: configuration.asppDropout, using: &generator)
    lowLevel = NormalizedConvolution(
      inputChannels: encoder.lowLevelChannels, outputChannels: configuration.lowLevelChannels, kernelSize: 1,
      initializer: .kaimingNormal, using: &generator)
    let same = ConvolutionGeometry(padding: 1)
    first = NormalizedConvolution(
      inputChannels: configuration.asppChannels + configuration.lowLevelChannels,
      outputChannels: configuration.decoderChannels, kernelSize: 3, geometry: same,
      initializer: .kaimingNormal,
      using: &generator)
    second = NormalizedConvolution(
      inputChannels: configuration.decoderChannels, outputChannels: configuration.decoderChannels,
      kernelSize: 3,
      geometry: same, initializer: .kaimingNormal, using: &generator)
    // Kaiming normal weights; the bias starts as PyTorch starts it.
    last = Convolution2D(
      inputChannels: configuration.decoderChannels, outputChannels: configuration.decoderChannels,
      kernelSize: 1,
      bias: true, initializer: .kaimingNormal, using: &generator)
    dropout1 = Dropout(probability: configuration.decoderDropout1)
    dropout2 = Dropout(probability: configuration.decoderDropout2)
  }

  /// *Shape*: result `[N, H / 4, W / 4, decoderChannels]`.
  package func callAsFunction(_ features: ResNet.Features, _ context: ForwardContext) -> Variable {
    let low = lowLevel(features.lowLevel, relu: true, context)
    let deep = aspp(features.deep, context).resized(height: low.shape[1], width: low.shape[2])
    let joined = first(.concatenated([deep, low]), relu: true, context)
    return last(dropout2(second(dropout1(joined, context), relu: true, context), context), context)
  }

  /// Under the two names that the authors' program gives its parts.
  package func collect(into state: inout NetworkState, path: String) {
    state.add(aspp, path, "aspp")
    state.add(lowLevel, path, convolution: "decoder.conv1", normalization: "decoder.bn1")
    state.add(first, path, convolution: "decoder.last_conv1.0", normalization: "decoder.last_conv1.1")
    state.add(second, path, convolution: "decoder.last_conv2.0", normalization: "decoder.last_conv2.1")
    state.add(last, path, "decoder.last_conv3")
  }
}
