import COneDNN
import CVectorKernels

/// The weights of a convolution that multiplies bytes: inputs are rounded to 0…255 steps of `inputScale`, weights to
/// −127…127 steps of their output channel's scale, and the products summed in 32-bit integers.
///
/// Processors without VNNI add the products of two neighbouring input channels in 16 bits, which saturate. So two
/// weights of one sign that meet there come to `largestPair` at most, and a layer computes the same sums everywhere.
package final class QuantizedConvolution: @unchecked Sendable {
  /// *Shape*: `[O, I, KH, KW]`, as `weightShape` says.
  package let weights: [Int8]
  package let weightShape: Shape
  /// What one step of a channel's weights is worth. *Shape*: `[O]`.
  package let weightScales: [Float]
  /// *Shape*: `[O]`.
  package let bias: [Float]
  /// What one step of the input is worth.
  package let inputScale: Float
  // The shim locks what it compiles; the pointer never changes.
  let handle: OpaquePointer

  package static let largestInput: Float = 255
  package static let largestWeight = 127
  /// 2 · 127 would be too much: 255 · 128 just fits in.
  package static let largestPair = 128

  /// - Precondition: the values are valid.
  package init(
    weights: [Int8], shape: Shape, weightScales: [Float], bias: [Float], inputScale: Float
  ) {
    precondition(weightScales.count == shape[0] && bias.count == shape[0])
    precondition(
      Self.areValid(weights: weights, shape: shape, weightScales: weightScales, inputScale: inputScale))
    self.weights = weights
    weightShape = shape
    self.weightScales = weightScales
    self.bias = bias
    self.inputScale = inputScale
    let factors = weightScales.map { $0 * inputScale }
    handle = errata_quantized_layer_create(Int32(shape[0]), factors, bias)
  }

  deinit { errata_quantized_layer_destroy(handle) }

  /// The same layer with something added to its outputs.
  package func adding(_ correction: [Float]) -> QuantizedConvolution {
    QuantizedConvolution(
      weights: weights, shape: weightShape, weightScales: weightScales, bias: zip(bias, correction).map(+),
      inputScale: inputScale)
  }

  /// Whether a layer can be made of these values, as a file may hold them.
  package static func areValid(
    weights: [Int8], shape: Shape, weightScales: [Float], inputScale: Float
  ) -> Bool {
    guard shape.rank == 4, weights.count == shape.elementCount, inputScale > 0, inputScale.isFinite,
      weightScales.allSatisfy({ $0 > 0 && $0.isFinite && ($0 * inputScale).isNormal }),
      !weights.contains(.min)
    else { return false }
    let taps = shape[2] * shape[3]
    let window = shape[1] * taps
    return weights.withUnsafeBufferPointer { weights in
      for row in stride(from: 0, to: weights.count, by: window) {
        for start in pairStarts(count: window, taps: taps) {
          for index in row + start..<row + start + taps
          where abs(Int(weights[index]) + Int(weights[index + taps])) > largestPair { return false }
        }
      }
      return true
    }
  }
}

extension ConvolutionProblem {
  /// relu?(convolution + bias + residual?), the input rounded to bytes first. Values below 0 become 0, those above
  /// 255 steps 255.
  package func forward(
    _ input: Tensor, quantized layer: QuantizedConvolution, residual: Tensor?, relu: Bool
  ) -> Tensor {
    precondition(layer.weightShape == weightShape && input.shape == inputShape)
    precondition(residual == nil || residual?.shape == outputShape)
    // Bytes in a pooled buffer of floats.
    let bytes = Tensor(uninitialized: [(input.count + 3) / 4])
    let target = UncheckedBox(
      UnsafeMutableRawPointer(bytes.mutablePointer).assumingMemoryBound(to: UInt8.self))
    Parallel.forEachRowRange(rows: input.count, channels: 1) { range in
      ek_quantize(
        input.pointer + range.lowerBound, 1 / layer.inputScale, range.count, target.value + range.lowerBound)
    }
    let out = Tensor(uninitialized: outputShape)
    var descriptor = descriptor
    check(
      errata_quantized_convolution_forward(
        &descriptor, layer.handle, target.value, layer.weights, residual?.pointer, relu ? 1 : 0,
        out.mutablePointer))
    withExtendedLifetime(bytes) {}
    return out
  }
}
