import NeuralNetwork
import TensorCore

/// A residual encoder with torchvision's parameter names.
package final class ResNet: Module {
  package let configuration: ResNetConfiguration
  private let stem: NormalizedConvolution
  private let layers: [[any ResidualBlock]]

  /// Features for a decoder.
  package struct Features {
    /// `[N, H / stride, W / stride, C]`.
    package let deep: Variable
    /// Layer 1: `[N, H / 4, W / 4, C]`.
    package let lowLevel: Variable

    package var detached: Features { Features(deep: deep.detached, lowLevel: lowLevel.detached) }
  }

  package init(_ configuration: ResNetConfiguration, using generator: inout SeededGenerator) {
    self.configuration = configuration
    stem = NormalizedConvolution(
      inputChannels: configuration.inputChannels, outputChannels: configuration.width, kernelSize: 7,
      geometry: ConvolutionGeometry(stride: 2, padding: 3), initializer: .normalFanOut, using: &generator)
    var channels = configuration.width
    var layers: [[any ResidualBlock]] = []
    for (planes, stride, dilations) in configuration.layers {
      var blocks: [any ResidualBlock] = []
      for (index, dilation) in dilations.enumerated() {
        let outputChannels = planes * configuration.depth.expansion
        let blockStride = index == 0 ? stride : 1
        let size = ResidualBlockSize(
          inputChannels: channels, planes: planes, outputChannels: outputChannels, stride: blockStride,
          dilation: configuration.depth.usesBottlenecks || configuration.dilatesBasicBlocks ? dilation : 1,
          projects: index == 0 && (blockStride != 1 || channels != outputChannels))
        blocks.append(
          configuration.depth.usesBottlenecks
            ? BottleneckBlock(size, using: &generator) : BasicBlock(size, using: &generator))
        channels = outputChannels
      }
      layers.append(blocks)
    }
    self.layers = layers
  }

  /// *Shape*: `[N, H, W, inputChannels]`, any H and W of at least 1.
  package func callAsFunction(_ images: Variable, _ context: ForwardContext) -> Features {
    var x = stem(images, relu: true, context).maxPooled(kernel: 3, stride: 2, padding: 1)
    var lowLevel = x
    for (index, blocks) in layers.enumerated() {
      for block in blocks { x = block(x, context) }
      if index == 0 { lowLevel = x }
    }
    return Features(deep: x, lowLevel: lowLevel)
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(stem, path, convolution: "conv1", normalization: "bn1")
    for (layer, blocks) in layers.enumerated() {
      for (block, module) in blocks.enumerated() { state.add(module, path, "layer\(layer + 1).\(block)") }
    }
  }
}
