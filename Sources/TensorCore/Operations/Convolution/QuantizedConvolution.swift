import COneDNN
import CVectorKernels

/// The weights of a convolution that multiplies bytes: inputs are rounded to 0…255 steps of `inputScale`, weights to
/// −64…64 steps of their output channel's scale, and the products summed in 32-bit integers.
///
/// Weights leave one bit unused: processors without VNNI add two products in 16 bits, and 2 · 255 · 64 just fits. So a
/// layer computes the same sums everywhere.
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
  package static let largestWeight = 64

  /// - Precondition: positive scales, weights within ± `largestWeight`.
  package init(
    weights: [Int8], shape: Shape, weightScales: [Float], bias: [Float], inputScale: Float
  ) {
    precondition(shape.rank == 4 && weights.count == shape.elementCount)
    precondition(weightScales.count == shape[0] && bias.count == shape[0])
    precondition(Self.areValid(weights: weights, weightScales: weightScales, inputScale: inputScale))
    self.weights = weights
    weightShape = shape
    self.weightScales = weightScales
    self.bias = bias
    self.inputScale = inputScale
    let factors = weightScales.map { $0 * inputScale }
    handle = errata_quantized_layer_create(Int32(shape[0]), factors, bias)
  }

  deinit { errata_quantized_layer_destroy(handle) }

  /// Whether a layer can be made of these values, as a file may hold them.
  package static func areValid(weights: [Int8], weightScales: [Float], inputScale: Float) -> Bool {
    ([inputScale] + weightScales).allSatisfy { $0 >= .leastNormalMagnitude && $0.isFinite }
      && weightScales.allSatisfy { ($0 * inputScale).isNormal }
      && weights.allSatisfy { abs(Int($0)) <= largestWeight }
  }

  /// Rounds weights, each output channel with the scale that leaves the smallest squared error.
  ///
  /// - Parameters:
  ///   - weights: *Shape*: `[O, I, KH, KW]`.
  ///   - bias: *Shape*: `[O]`.
  package convenience init(rounding weights: Tensor, bias: Tensor, inputScale: Float) {
    let outputs = weights.shape[0]
    let window = weights.count / outputs
    var rounded: [Int8] = []
    rounded.reserveCapacity(weights.count)
    var scales: [Float] = []
    weights.withUnsafeBufferPointer { values in
      for channel in 0..<outputs {
        let row = UnsafeBufferPointer(rebasing: values[channel * window..<(channel + 1) * window])
        let scale = Self.bestScale(row)
        scales.append(scale)
        rounded += row.map { Self.round($0, scale: scale) }
      }
    }
    self.init(
      weights: rounded, shape: weights.shape, weightScales: scales, bias: bias.values, inputScale: inputScale)
  }

  private static func round(_ weight: Float, scale: Float) -> Int8 {
    let limit = Float(largestWeight)
    return Int8(max(-limit, min(limit, (weight / scale).rounded())))
  }

  /// The scale of the smallest squared error, among those that clip nothing to four tenths of the largest weight.
  private static func bestScale(_ row: UnsafeBufferPointer<Float>) -> Float {
    let largest = row.reduce(Float(0)) { max($0, abs($1)) }
    // Normal with any input's scale: a channel without weights has its bias alone.
    guard largest > 1e-20 else { return 1e-20 }
    let candidates = (0..<13).map { largest * (1 - 0.05 * Float($0)) / Float(largestWeight) }
    let errors = candidates.map { scale -> Float in
      let (inverse, limit) = (1 / scale, Float(largestWeight))
      var sum: Float = 0
      for weight in row {
        let steps = weight * inverse
        let difference = max(-limit, min(limit, steps.rounded())) - steps
        sum += difference * difference
      }
      return sum * scale * scale
    }
    let best = errors.indices.min { errors[$0] < errors[$1] } ?? 0
    return candidates[best]
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
    let target = UncheckedBox(UnsafeMutableRawPointer(bytes.mutablePointer).assumingMemoryBound(to: UInt8.self))
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
