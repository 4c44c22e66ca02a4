import NeuralNetwork
import TensorCore

/// Atrous spatial pyramid pooling: one 1×1 and three dilated 3×3 branches, and the image's mean.
///
/// *Source*: Chen et al., arXiv 1706.05587. As in the authors' program the mean's branch has no normalisation.
package final class AtrousSpatialPyramidPooling: Module {
  private let branches: [NormalizedConvolution]
  private let pooled: Convolution2D
  private let projection: NormalizedConvolution
  private let dropout: Dropout

  /// - Parameter outputStride: of the encoder; the rates are 6, 12, 18 at 16 and 12, 24, 36 at 8.
  package init(
    inputChannels: Int, channels: Int, outputStride: Int, dropout: Float,
    using generator: inout SeededGenerator
  ) {
    let rates = (outputStride == 16 ? [6, 12, 18] : [12, 24, 36])
    var branches = [
      NormalizedConvolution(
        inputChannels: inputChannels, outputChannels: channels, kernelSize: 1, initializer: .kaimingNormal,
        using: &generator)
    ]
    for rate in rates {
      branches.append(
        NormalizedConvolution(
          inputChannels: inputChannels, outputChannels: channels, kernelSize: 3,
          geometry: ConvolutionGeometry(padding: rate, dilation: rate), initializer: .kaimingNormal,
          using: &generator))
    }
    self.branches = branches
    pooled = Convolution2D(
      inputChannels: inputChannels, outputChannels: channels, kernelSize: 1, initializer: .kaimingNormal,
      using: &generator)
    projection = NormalizedConvolution(
      inputChannels: 5 * channels, outputChannels: channels, kernelSize: 1, initializer: .kaimingNormal,
      using: &generator)
    self.dropout = Dropout(probability: dropout)
  }

  /// *Shape*: `[N, H, W, inputChannels]` → `[N, H, W, channels]`.
  package func callAsFunction(_ input: Variable, _ context: ForwardContext) -> Variable {
    var parts = branches.map { $0(input, relu: true, context) }
    let mean = pooled(input.globalAveragePooled(), relu: true, context)
    parts.append(mean.resized(height: input.shape[1], width: input.shape[2]))
    return dropout(projection(.concatenated(parts), relu: true, context), context)
  }

  package func collect(into state: inout NetworkState, path: String) {
    for (index, branch) in branches.enumerated() {
      state.add(
        branch, path, convolution: "aspp\(index + 1).atrous_conv", normalization: "aspp\(index + 1).bn")
    }
    state.add(pooled, path, "global_avg_pool.1")
    state.add(projection, path, convolution: "conv1", normalization: "bn1")
  }
}
