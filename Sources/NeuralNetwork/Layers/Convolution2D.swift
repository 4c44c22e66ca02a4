import TensorCore

/// A convolution over NHWC images with weights `[O, I, K, K]`.
package final class Convolution2D: Module {
  package let weight: Parameter
  package let bias: Parameter?
  package let geometry: ConvolutionGeometry

  package init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, geometry: ConvolutionGeometry = .init(),
    bias: Bool = false, initializer: Initializer, using generator: inout SeededGenerator
  ) {
    let shape: Shape = [outputChannels, inputChannels, kernelSize, kernelSize]
    weight = Parameter(initializer.weights(shape, using: &generator))
    let fanIn = inputChannels * kernelSize * kernelSize
    self.bias =
      bias ? Parameter(initializer.bias(count: outputChannels, fanIn: fanIn, using: &generator)) : nil
    self.geometry = geometry
  }

  /// *Shape*: `[N, H, W, I]` → `[N, H′, W′, O]`; with `relu` the rectified result.
  package func callAsFunction(_ input: Variable, relu: Bool = false, _ context: ForwardContext) -> Variable {
    guard context.recordsGradients else {
      return Variable(
        input.value.fusedConvolution(
          weights: weight.value, bias: bias?.value, geometry: geometry, packed: weight.packed, relu: relu))
    }
    let out = input.convolution(
      weights: weight.variable(context), bias: bias?.variable(context), geometry: geometry,
      packed: weight.packed)
    return relu ? out.relu() : out
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(weight, path, "weight")
    if let bias { state.add(bias, path, "bias") }
  }
}
