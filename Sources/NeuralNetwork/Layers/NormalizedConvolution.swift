import Synchronization
import TensorCore

/// Convolution → batch normalisation → (+ residual) → (ReLU), one pass in inference.
///
/// In inference the normalisation is folded into the convolution's weights; the folded ones are kept until a
/// parameter or a running statistic changes. Once quantised, bytes take their place. Several threads may infer at once,
/// as long as nobody changes any of these. The two layers are listed by their owner, under the paths that checkpoints
/// use.
package final class NormalizedConvolution {
  package let convolution: Convolution2D
  package let normalization: BatchNormalization2D
  /// What infers in place of the two layers, whose own values are not needed any more.
  package var quantized: QuantizedConvolution? { didSet { folded.withLock { $0 = nil } } }
  private let folded = Mutex<Folded?>(nil)

  private struct Folded: Sendable {
    let versions: [Int]
    let weights: Tensor
    let bias: Tensor
    let packed = PackedWeights()
  }

  package init(_ convolution: Convolution2D, _ normalization: BatchNormalization2D) {
    precondition(convolution.bias == nil && convolution.weight.shape[0] == normalization.weight.shape[0])
    self.convolution = convolution
    self.normalization = normalization
  }

  package convenience init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, geometry: ConvolutionGeometry = .init(),
    initializer: Initializer, using generator: inout SeededGenerator
  ) {
    self.init(
      Convolution2D(
        inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: kernelSize,
        geometry: geometry,
        initializer: initializer, using: &generator),
      BatchNormalization2D(channels: outputChannels))
  }

  package func callAsFunction(
    _ input: Variable, residual: Variable? = nil, relu: Bool, _ context: ForwardContext
  ) -> Variable {
    guard context.foldsNormalization else {
      precondition(quantized == nil, "a quantised network infers only")
      return normalization(convolution(input, context), residual: residual, relu: relu, context)
    }
    context.observer?(self, input.value)
    if let quantized {
      return Variable(
        problem(input.shape).forward(
          input.value, quantized: quantized, residual: residual?.value, relu: relu))
    }
    return Variable(exact(input.value, residual: residual?.value, relu: relu))
  }

  /// In 32-bit floats, with the normalisation folded in.
  package func exact(_ input: Tensor, residual: Tensor? = nil, relu: Bool = false) -> Tensor {
    let folded = currentFolding()
    return input.fusedConvolution(
      weights: folded.weights, bias: folded.bias, geometry: convolution.geometry, packed: folded.packed,
      residual: residual, relu: relu)
  }

  /// Weights and bias with the normalisation folded in.
  package var foldedValues: (weights: Tensor, bias: Tensor) {
    let folded = currentFolding()
    return (folded.weights, folded.bias)
  }

  /// This convolution of an image of the given shape.
  package func problem(_ input: Shape) -> ConvolutionProblem {
    ConvolutionProblem(input: input, weights: convolution.weight.shape, geometry: convolution.geometry)
  }

  /// All that is folded into the convolution's weights, and the weights.
  var foldedParameters: [Parameter] {
    [
      convolution.weight, normalization.weight, normalization.bias, normalization.runningMean,
      normalization.runningVariance,
    ]
  }

  private func currentFolding() -> Folded {
    let versions = foldedParameters.map(\.version)
    return folded.withLock { folded in
      if let folded, folded.versions == versions { return folded }
      let result = fold(versions: versions)
      folded = result
      return result
    }
  }

  private func fold(versions: [Int]) -> Folded {
    let channels = normalization.weight.shape[0]
    let (gamma, beta) = (normalization.weight.value.values, normalization.bias.value.values)
    let mean = normalization.runningMean.value.values
    let variance = normalization.runningVariance.value.values
    let factors = (0..<channels).map { gamma[$0] / (variance[$0] + normalization.epsilon).squareRoot() }
    var weights = convolution.weight.value
    let window = weights.count / channels
    weights.withUnsafeMutableBufferPointer { values in
      for channel in 0..<channels {
        for index in channel * window..<(channel + 1) * window { values[index] *= factors[channel] }
      }
    }
    let bias = (0..<channels).map { beta[$0] - mean[$0] * factors[$0] }
    return Folded(versions: versions, weights: weights, bias: Tensor(bias, shape: [channels]))
  }
}
