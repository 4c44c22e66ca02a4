import COneDNN
import CVectorKernels

/// One convolution of known sizes, and its three passes.
package struct ConvolutionProblem: Sendable {
  let descriptor: errata_convolution
  private let sizes: ConvolutionShape?
  let inputShape: Shape
  let weightShape: Shape
  package let outputShape: Shape
  private let plain: Bool

  /// - Parameter plain: always oneDNN's kernels, which the other methods are tested against.
  package init(input: Shape, weights: Shape, geometry: ConvolutionGeometry, plain: Bool = false) {
    precondition(
      input.rank == 4 && weights.rank == 4 && input[3] == weights[1],
      "convolution of \(input) (NHWC) with weights \(weights) (OIHW)")
    let height = geometry.outputSize(input[1], kernel: weights[2])
    let width = geometry.outputSize(input[2], kernel: weights[3])
    precondition(
      height > 0 && width > 0, "convolution of \(input) with \(weights), \(geometry): empty result")
    self.plain = plain
    inputShape = input
    sizes =
      weights[2] == weights[3]
      ? ConvolutionShape(
        batch: input[0], height: input[1], width: input[2], inputChannels: input[3],
        outputChannels: weights[0], kernel: weights[2], stride: geometry.stride, padding: geometry.padding,
        dilation: geometry.dilation) : nil
    weightShape = weights
    outputShape = [input[0], height, width, weights[0]]
    descriptor = errata_convolution(
      batch: Int32(input[0]), input_height: Int32(input[1]), input_width: Int32(input[2]),
      input_channels: Int32(input[3]), output_channels: Int32(weights[0]), kernel_height: Int32(weights[2]),
      kernel_width: Int32(weights[3]), stride: Int32(geometry.stride), padding: Int32(geometry.padding),
      dilation: Int32(geometry.dilation))
  }

  /// How a pass is computed.
  package func method(for pass: ConvolutionPass) -> ConvolutionMethod {
    guard let sizes, !plain else { return .direct }
    return sizes.method(for: pass)
  }

  /// Whether the forward pass takes less time with bytes.
  package func isFaster(with arithmetic: ByteArithmetic) -> Bool {
    sizes?.isFaster(with: arithmetic) ?? false
  }

  /// - Parameter keepsForms: whether other forms of the weights than oneDNN's are kept in `packed` too, at up to four
  ///   times the weights' memory.
  package func forward(
    _ input: Tensor, weights: Tensor, packed: PackedWeights?, bias: Tensor?, residual: Tensor?, relu: Bool,
    keepsForms: Bool = false
  ) -> Tensor {
    precondition(residual == nil || residual?.shape == outputShape)
    precondition(bias == nil || bias?.shape == [weightShape[0]])
    let forms = keepsForms ? packed : nil
    if let sizes {
      switch method(for: .forward) {
      case .winograd:
        let winograd = WinogradConvolution(sizes)
        let form = { winograd.transform(weights, mirrored: false) }
        return winograd.apply(
          input, transformed: forms?.form(.winograd, make: form) ?? form(), mirrored: false, bias: bias,
          residual: residual, relu: relu)
      case .taps where residual == nil:
        let form = { TapConvolution.split(weights) }
        return TapConvolution(sizes).forward(
          input, split: forms?.form(.taps, make: form) ?? form(), bias: bias, relu: relu)
      case .strided where residual == nil:
        let strided = StridedConvolution(sizes)
        let form = { strided.packForward(weights) }
        return strided.forward(
          input, packed: forms?.form(.strided, make: form) ?? form(), bias: bias, relu: relu)
      default: break
      }
    }
    let out = Tensor(uninitialized: outputShape)
    var descriptor = descriptor
    check(
      errata_convolution_forward(
        &descriptor, input.pointer, weights.pointer, packed?.handle, bias?.pointer, residual?.pointer,
        relu ? 1 : 0, out.mutablePointer))
    return out
  }

  package func backwardData(_ gradient: Tensor, weights: Tensor, packed: PackedWeights?) -> Tensor {
    if let sizes {
      switch method(for: .backwardData) {
      case .winograd:
        let winograd = WinogradConvolution(sizes)
        return winograd.apply(
          gradient, transformed: winograd.transform(weights, mirrored: true), mirrored: true)
      case .taps:
        return TapConvolution(sizes).backwardData(gradient, split: TapConvolution.split(weights))
      case .strided: return StridedConvolution(sizes).backwardData(gradient, weights: weights)
      default: break
      }
    }
    let out = Tensor(uninitialized: inputShape)
    var descriptor = descriptor
    check(
      errata_convolution_backward_data(
        &descriptor, gradient.pointer, weights.pointer, packed?.handle, out.mutablePointer))
    return out
  }

  package func backwardWeights(
    _ input: Tensor, gradient: Tensor, withBias: Bool
  ) -> (weights: Tensor, bias: Tensor?) {
    if stridesUnevenChannels {
      return ConvolutionProblem(
        input: Shape(outputShape.dimensions.dropLast() + [inputShape[3]]), weights: weightShape,
        geometry: ConvolutionGeometry(), plain: plain
      ).backwardWeights(strided(input), gradient: gradient, withBias: withBias)
    }
    if let sizes, let weights = fastWeightGradient(sizes, input, gradient) {
      return (weights, withBias ? gradient.channelSums() : nil)
    }
    let weights = Tensor(uninitialized: weightShape)
    let bias = withBias ? Tensor(uninitialized: [weightShape[0]]) : nil
    var descriptor = descriptor
    check(
      errata_convolution_backward_weights(
        &descriptor, input.pointer, gradient.pointer, weights.mutablePointer, bias?.mutablePointer))
    return (weights, bias)
  }

  private func fastWeightGradient(_ sizes: ConvolutionShape, _ input: Tensor, _ gradient: Tensor) -> Tensor? {
    switch method(for: .backwardWeights) {
    case .winograd: return WinogradConvolution(sizes).weightGradient(input, gradient: gradient)
    case .taps: return TapConvolution(sizes).weightGradient(input, gradient: gradient)
    case .strided: return StridedConvolution(sizes).weightGradient(input, gradient: gradient)
    case .matrixProduct:
      let out = Tensor(uninitialized: weightShape)
      BLAS.multiply(
        gradient.pointer, input.pointer, transposeFirst: true, into: out.mutablePointer,
        m: sizes.outputChannels, n: sizes.inputChannels, k: input.rows)
      return out
    case .direct: return nil
    }
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

  func check(_ status: Int32) {
    // Shapes were checked above: what remains is memory or a fault of ours.
    precondition(
      status == 0,
      "convolution of \(inputShape) with \(weightShape): \(String(cString: errata_onednn_last_error()))")
  }
}

extension Tensor {
  /// The sum of every channel over all pixels. *Shape*: `[C]`.
  fileprivate func channelSums() -> Tensor {
    let channels = channels
    let sums = Parallel.sum(rows: rows, channels: channels, width: channels) { range, partial in
      ek_channel_sums(pointer + range.lowerBound * channels, range.count, channels, partial)
    }
    return Tensor(sums.map { Float($0) }, shape: [channels])
  }
}
