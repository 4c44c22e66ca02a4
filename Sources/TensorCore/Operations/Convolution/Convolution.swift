import COneDNN
import Synchronization

/// How a convolution's window moves. Both spatial dimensions are treated alike.
package struct ConvolutionGeometry: Hashable, Sendable {
  package var stride: Int
  package var padding: Int
  package var dilation: Int

  package init(stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
    precondition(stride > 0 && padding >= 0 && dilation > 0)
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// ⌊(size + 2 · padding − dilation · (kernel − 1) − 1) / stride⌋ + 1.
  package func outputSize(_ size: Int, kernel: Int) -> Int {
    (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1
  }
}

/// Weights in the layouts that oneDNN's kernels want, made at first use. Belongs to one version of one weight tensor.
package final class PackedWeights: @unchecked Sendable {
  // The shim locks the cache; the pointer never changes.
  let handle: OpaquePointer
  private let forms = Mutex<[Form: Tensor]>([:])

  /// What other methods than oneDNN's make of the weights.
  enum Form: Hashable {
    case winograd, taps, strided
  }

  package init() { handle = errata_packed_weights_create() }

  deinit { errata_packed_weights_destroy(handle) }

  /// The form, made at the first call.
  func form(_ form: Form, make: () -> Tensor) -> Tensor {
    forms.withLock { forms in
      if let known = forms[form] { return known }
      let made = make()
      forms[form] = made
      return made
    }
  }
}

extension Variable {
  /// Cross-correlation, as every framework's "convolution".
  ///
  /// *Shape*: self `[N, H, W, C]`, weights `[O, C, KH, KW]` (PyTorch's order), bias `[O]`, result `[N, H′, W′, O]`.
  package func convolution(
    weights: Variable, bias: Variable? = nil, geometry: ConvolutionGeometry = ConvolutionGeometry(),
    packed: PackedWeights? = nil
  ) -> Variable {
    let problem = ConvolutionProblem(input: shape, weights: weights.shape, geometry: geometry)
    let (x, w, biasValue) = (value, weights.value, bias?.value)
    let out = problem.forward(x, weights: w, packed: packed, bias: biasValue, residual: nil, relu: false)
    let needsInput = requiresGradient
    let needsWeights = weights.requiresGradient || bias?.requiresGradient ?? false
    let inputs = [self, weights] + (bias.map { [$0] } ?? [])
    let keptInput = needsWeights ? x : nil
    return Variable(out, inputs: inputs) { gradient in
      var gradients: [Tensor?] = []
      gradients.append(needsInput ? problem.backwardData(gradient, weights: w, packed: packed) : nil)
      guard let keptInput else { return gradients }
      let (weightGradient, biasGradient) = problem.backwardWeights(
        keptInput, gradient: gradient, withBias: biasValue != nil)
      return gradients + [weightGradient, biasGradient]
    }
  }
}

extension Tensor {
  /// relu?(convolution + bias? + residual?) in one pass, for inference. NaN stays NaN; of a negative value the ReLU leaves
  /// 0, or 1e-30 of it.
  ///
  /// *Shape*: as `Variable.convolution`; residual as the result.
  package func fusedConvolution(
    weights: Tensor, bias: Tensor?, geometry: ConvolutionGeometry, packed: PackedWeights? = nil,
    residual: Tensor? = nil, relu: Bool = false
  ) -> Tensor {
    ConvolutionProblem(input: shape, weights: weights.shape, geometry: geometry)
      .forward(
        self, weights: weights, packed: packed, bias: bias, residual: residual, relu: relu, keepsForms: true)
  }
}
