/// The ways to compute one pass of a convolution. All give the same values up to rounding.
package enum ConvolutionMethod: Hashable, Sendable {
  /// oneDNN's kernel for the sizes at hand: the plain way.
  case direct
  /// Winograd's minimal filtering: a quarter of the multiplications of a 3×3 window.
  case winograd
  /// One matrix product for every tap of a dilated window, over those pixels alone that the tap reaches.
  case taps
  /// A product for every line of a window that moves by several pixels, straight from the image.
  case strided
  /// One matrix product, for the weight gradient of a 1×1 window.
  case matrixProduct
}

package enum ConvolutionPass: Hashable, Sendable {
  case forward, backwardData, backwardWeights
}

extension ConvolutionShape {
  /// The fastest way for these sizes, by the multiplications that it costs and the rate that it reaches.
  ///
  /// Measured on a Zen 3 core: matrix products run at nine tenths of the peak, oneDNN's 3×3 kernels on NHWC images at
  /// six to eight tenths (their weight gradients at three to five), its dilated ones, which unfold the image, at half.
  func method(for pass: ConvolutionPass) -> ConvolutionMethod {
    if kernel == 1 {
      let isPlain = stride == 1 && padding == 0
      return pass == .backwardWeights && isPlain && isWide ? .matrixProduct : .direct
    }
    if stride > 1 { return stridedMethod(for: pass) }
    guard kernel == 3, stride == 1, padding == dilation, isWide else { return .direct }
    let full = Double(9 * height * width)
    let direct = full * (pass == .backwardWeights ? 2 : 1.5)
    let reached = Double(coveredTaps) * 1.2
    let filtered =
      WinogradConvolution.canHandle(self)
      ? Double(WinogradConvolution.tileCount(self) * 36) * 1.5 : .infinity
    let best = min(direct, reached, filtered)
    if best == filtered { return .winograd }
    return best == reached && dilation > 1 ? .taps : .direct
  }

  /// Ours run at six tenths of the peak at any size. oneDNN's strided kernels reach as much or more with few channels or
  /// small images, two to four tenths with others, two to three in weight gradients.
  private func stridedMethod(for pass: ConvolutionPass) -> ConvolutionMethod {
    guard StridedConvolution.canHandle(self), outputChannels >= 16 else { return .direct }
    switch pass {
    case .forward: return isWide && inputChannels >= 64 ? .strided : .direct
    case .backwardData: return inputChannels >= 24 && outputChannels >= 32 ? .strided : .direct
    case .backwardWeights: return .strided
    }
  }

  /// Pairs of an output pixel and a tap of the window.
  private var directProducts: Double {
    let geometry = ConvolutionGeometry(stride: stride, padding: padding, dilation: dilation)
    let pixels = geometry.outputSize(height, kernel: kernel) * geometry.outputSize(width, kernel: kernel)
    return Double(pixels * kernel * kernel)
  }

  /// Whether the forward pass takes less time with bytes, rounding the input included: a model of the times of a
  /// ResNet-50's and a ResNet-34's layers at 512×512 on two cores of a Zen 3 (`errata-benchmark layers`).
  func isFaster(with arithmetic: ByteArithmetic) -> Bool {
    guard isWide else { return false }
    // Taps that see padding only are left out, at half the rate of the others.
    let products = dilation > 1 ? min(directProducts, Double(2 * coveredTaps)) : directProducts
    let rounding = Double(height * width) * ByteArithmetic.roundingCost / Double(outputChannels)
    let exact: Double
    switch method(for: .forward) {
    case .winograd:
      // The transforms, which cost more the fewer channels each tile is multiplied with.
      let transforms = 95 / Double(inputChannels) + 95 / Double(outputChannels)
      exact = Double(WinogradConvolution.tileCount(self) * 36) * (1.1 + transforms)
    case .taps: exact = Double(coveredTaps) * 1.2
    case .strided: exact = directProducts * 1.2
    default: exact = directProducts * (kernel == 1 ? 1 : 1.5)
    }
    return products * arithmetic.productCost + rounding < exact
  }

  /// Whether matrix products are large enough to be worth their preparation.
  private var isWide: Bool { inputChannels >= 32 && outputChannels >= 32 && batch * height * width >= 64 }

  /// Pairs of an output pixel and a tap of the 3×3 window that lies inside the image.
  private var coveredTaps: Int {
    let rows = height + 2 * max(0, height - dilation)
    let columns = width + 2 * max(0, width - dilation)
    return rows * columns
  }
}

/// The sizes of one convolution with a square window.
struct ConvolutionShape: Hashable, Sendable {
  let batch: Int
  let height: Int
  let width: Int
  let inputChannels: Int
  let outputChannels: Int
  let kernel: Int
  let stride: Int
  let padding: Int
  let dilation: Int
}
