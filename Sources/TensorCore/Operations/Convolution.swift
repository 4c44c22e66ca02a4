import COneDNN

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

  package init() { handle = errata_packed_weights_create() }

  deinit { errata_packed_weights_destroy(handle) }
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
  /// relu?(convolution + bias? + residual?) in one pass, for inference.
  ///
  /// *Shape*: as `Variable.convolution`; residual as the result.
  package func fusedConvolution(
    weights: Tensor, bias: Tensor?, geometry: ConvolutionGeometry, packed: PackedWeights? = nil,
    residual: Tensor? = nil, relu: Bool = false
  ) -> Tensor {
    ConvolutionProblem(input: shape, weights: weights.shape, geometry: geometry)
      .forward(self, weights: weights, packed: packed, bias: bias, residual: residual, relu: relu)
  }
}

/// One convolution of known sizes, and its three passes.
package struct ConvolutionProblem: Sendable {
  private let descriptor: errata_convolution
  private let inputShape: Shape
  private let weightShape: Shape
  package let outputShape: Shape

  package init(input: Shape, weights: Shape, geometry: ConvolutionGeometry) {
    precondition(
      input.rank == 4 && weights.rank == 4 && input[3] == weights[1],
      "convolution of \(input) (NHWC) with weights \(weights) (OIHW)")
    let height = geometry.outputSize(input[1], kernel: weights[2])
    let width = geometry.outputSize(input[2], kernel: weights[3])
    precondition(
      height > 0 && width > 0, "convolution of \(input) with \(weights), \(geometry): empty result")
    inputShape = input
    weightShape = weights
    outputShape = [input[0], height, width, weights[0]]
    descriptor = errata_convolution(
      batch: Int32(input[0]), input_height: Int32(input[1]), input_width: Int32(input[2]),
      input_channels: Int32(input[3]), output_channels: Int32(weights[0]), kernel_height: Int32(weights[2]),
      kernel_width: Int32(weights[3]), stride: Int32(geometry.stride), padding: Int32(geometry.padding),
      dilation: Int32(geometry.dilation))
  }

  func forward(
    _ input: Tensor, weights: Tensor, packed: PackedWeights?, bias: Tensor?, residual: Tensor?, relu: Bool
  ) -> Tensor {
    precondition(residual == nil || residual?.shape == outputShape)
    precondition(bias == nil || bias?.shape == [weightShape[0]])
    let out = Tensor(uninitialized: outputShape)
    var descriptor = descriptor
    check(
      errata_convolution_forward(
        &descriptor, input.pointer, weights.pointer, packed?.handle, bias?.pointer, residual?.pointer,
        relu ? 1 : 0, out.mutablePointer))
    return out
  }

  func backwardData(_ gradient: Tensor, weights: Tensor, packed: PackedWeights?) -> Tensor {
    let out = Tensor(uninitialized: inputShape)
    var descriptor = descriptor
    check(
      errata_convolution_backward_data(
        &descriptor, gradient.pointer, weights.pointer, packed?.handle, out.mutablePointer))
    return out
  }

  func backwardWeights(_ input: Tensor, gradient: Tensor, withBias: Bool) -> (weights: Tensor, bias: Tensor?)
  {
    if stridesUnevenChannels {
      return ConvolutionProblem(
        input: Shape(outputShape.dimensions.dropLast() + [inputShape[3]]), weights: weightShape,
        geometry: ConvolutionGeometry()
      ).backwardWeights(strided(input), gradient: gradient, withBias: withBias)
    }
    let weights = Tensor(uninitialized: weightShape)
    let bias = withBias ? Tensor(uninitialized: [weightShape[0]]) : nil
    var descriptor = descriptor
    check(
      errata_convolution_backward_weights(
        &descriptor, input.pointer, gradient.pointer, weights.mutablePointer, bias?.mutablePointer))
    return (weights, bias)
  }

  /// Whether oneDNN 2.6.3's AVX2 kernel for strided 1×1 windows would read what no one wrote: it copies the pixels that
  /// the window meets together first, and gets the lanes beyond the last channel wrong.
  private var stridesUnevenChannels: Bool {
    descriptor.stride > 1 && descriptor.padding == 0 && weightShape[2] == 1 && weightShape[3] == 1
      && inputShape[3] % 16 != 0
  }

  /// The pixels that a 1×1 window meets.
  private func strided(_ input: Tensor) -> Tensor {
    let stride = Int(descriptor.stride)
    var rows: [Int] = []
    for image in 0..<outputShape[0] {
      for y in 0..<outputShape[1] {
        let row = (image * inputShape[1] + y * stride) * inputShape[2]
        rows += (0..<outputShape[2]).map { row + $0 * stride }
      }
    }
    return input.gatheringRows(rows).reshaped(
      to: Shape(outputShape.dimensions.dropLast() + [inputShape[3]]))
  }

  private func check(_ status: Int32) {
    // Shapes were checked above: what remains is memory or a fault of ours.
    precondition(
      status == 0,
      "convolution of \(inputShape) with \(weightShape): \(String(cString: errata_onednn_last_error()))")
  }
}
