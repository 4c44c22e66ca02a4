import NeuralNetwork
import TensorCore

/// 1×1 → ReLU → 1×1, per pixel.
package final class PixelHead: Module {
  private let hidden: Convolution2D
  private let output: Convolution2D

  package init(channels: Int, outputChannels: Int, using generator: inout SeededGenerator) {
    hidden = Convolution2D(
      inputChannels: channels, outputChannels: channels, kernelSize: 1, bias: true,
      initializer: .uniformFanIn,
      using: &generator)
    output = Convolution2D(
      inputChannels: channels, outputChannels: outputChannels, kernelSize: 1, bias: true,
      initializer: .uniformFanIn, using: &generator)
  }

  /// *Shape*: `[N, H, W, channels]` → `[N, H, W, outputChannels]`.
  package func callAsFunction(_ input: Variable, _ context: ForwardContext) -> Variable {
    output(hidden(input, relu: true, context), context)
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(hidden, path, "0")
    state.add(output, path, "2")
  }
}
