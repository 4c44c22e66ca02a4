import NeuralNetwork
import TensorCore

/// relu(branch(x) + shortcut(x)).
protocol ResidualBlock: Module {
  func callAsFunction(_ input: Variable, _ context: ForwardContext) -> Variable
}

struct ResidualBlockSize {
  let inputChannels: Int
  let planes: Int
  let outputChannels: Int
  let stride: Int
  let dilation: Int
  /// Whether the shortcut is a strided 1×1 convolution with normalisation.
  let projects: Bool

  func shortcut(using generator: inout SeededGenerator) -> NormalizedConvolution? {
    guard projects else { return nil }
    return NormalizedConvolution(
      inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: 1,
      geometry: ConvolutionGeometry(stride: stride), initializer: .normalFanOut, using: &generator)
  }
}

/// Two 3×3 convolutions; the first has the stride, both the dilation.
final class BasicBlock: ResidualBlock {
  private let first: NormalizedConvolution
  private let second: NormalizedConvolution
  private let shortcut: NormalizedConvolution?

  init(_ size: ResidualBlockSize, using generator: inout SeededGenerator) {
    let dilation = size.dilation
    first = NormalizedConvolution(
      inputChannels: size.inputChannels, outputChannels: size.planes, kernelSize: 3,
      geometry: ConvolutionGeometry(stride: size.stride, padding: dilation, dilation: dilation),
      initializer: .normalFanOut, using: &generator)
    second = NormalizedConvolution(
      inputChannels: size.planes, outputChannels: size.planes, kernelSize: 3,
      geometry: ConvolutionGeometry(padding: dilation, dilation: dilation), initializer: .normalFanOut,
      using: &generator)
    shortcut = size.shortcut(using: &generator)
  }

  func callAsFunction(_ input: Variable, _ context: ForwardContext) -> Variable {
    let residual = shortcut?(input, relu: false, context) ?? input
    return second(first(input, relu: true, context), residual: residual, relu: true, context)
  }

  func collect(into state: inout NetworkState, path: String) {
    state.add(first, path, convolution: "conv1", normalization: "bn1")
    state.add(second, path, convolution: "conv2", normalization: "bn2")
    if let shortcut {
      state.add(shortcut, path, convolution: "downsample.0", normalization: "downsample.1")
    }
  }
}

/// 1×1 → 3×3 (with stride and dilation) → 1×1 to four times the planes.
final class BottleneckBlock: ResidualBlock {
  private let first: NormalizedConvolution
  private let second: NormalizedConvolution
  private let third: NormalizedConvolution
  private let shortcut: NormalizedConvolution?

  init(_ size: ResidualBlockSize, using generator: inout SeededGenerator) {
    first = NormalizedConvolution(
      inputChannels: size.inputChannels, outputChannels: size.planes, kernelSize: 1,
      initializer: .normalFanOut,
      using: &generator)
    second = NormalizedConvolution(
      inputChannels: size.planes, outputChannels: size.planes, kernelSize: 3,
      geometry: ConvolutionGeometry(stride: size.stride, padding: size.dilation, dilation: size.dilation),
      initializer: .normalFanOut, using: &generator)
    third = NormalizedConvolution(
      inputChannels: size.planes, outputChannels: size.outputChannels, kernelSize: 1,
      initializer: .normalFanOut,
      using: &generator)
    shortcut = size.shortcut(using: &generator)
  }

  func callAsFunction(_ input: Variable, _ context: ForwardContext) -> Variable {
    let residual = shortcut?(input, relu: false, context) ?? input
    let inner = second(first(input, relu: true, context), relu: true, context)
    return third(inner, residual: residual, relu: true, context)
  }

  func collect(into state: inout NetworkState, path: String) {
    state.add(first, path, convolution: "conv1", normalization: "bn1")
    state.add(second, path, convolution: "conv2", normalization: "bn2")
    state.add(third, path, convolution: "conv3", normalization: "bn3")
    if let shortcut {
      state.add(shortcut, path, convolution: "downsample.0", normalization: "downsample.1")
    }
  }
}
