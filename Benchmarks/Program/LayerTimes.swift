import NeuralNetwork
import TensorCore

/// What each convolution of the forward pass takes in 32-bit floats and in bytes: what `ConvolutionShape.isFaster` has
/// to get right.
struct LayerTimes: Encodable {
  let input: [Int]
  let weights: [Int]
  let stride: Int
  let dilation: Int
  /// Convolutions of these sizes.
  var count: Int
  let method: String
  let floatSeconds: Double
  let byteSeconds: Double
  let choosesBytes: Bool

  static func measureAll(_ settings: CaseSettings) -> [LayerTimes] {
    var results: [LayerTimes] = []
    ForwardCase(settings).observeConvolutions { convolution, input in
      let (shape, geometry) = (convolution.convolution.weight.shape, convolution.convolution.geometry)
      let known = results.firstIndex {
        $0.input == input.shape.dimensions && $0.weights == shape.dimensions && $0.stride == geometry.stride
          && $0.dilation == geometry.dilation
      }
      if let known {
        results[known].count += 1
      } else {
        results.append(LayerTimes(convolution, input))
      }
    }
    return results
  }

  private init(_ convolution: NormalizedConvolution, _ input: Tensor) {
    let (weights, bias) = convolution.foldedValues
    let layer = QuantizedConvolution(rounding: weights, bias: bias, inputScale: 1 / 64)
    let problem = convolution.problem(input.shape)
    self.input = input.shape.dimensions
    self.weights = weights.shape.dimensions
    stride = convolution.convolution.geometry.stride
    dilation = convolution.convolution.geometry.dilation
    count = 1
    method = "\(problem.method(for: .forward))"
    floatSeconds = Self.fastest { _ = convolution.exact(input, relu: true) }
    byteSeconds = Self.fastest {
      _ = problem.forward(input, quantized: layer, residual: nil, relu: true)
    }
    choosesBytes = problem.isFaster(with: .current)
  }

  /// Of five, after one to warm up.
  private static func fastest(_ body: () -> Void) -> Double {
    body()
    return (0..<5).map { _ in
      let start = ContinuousClock.now
      body()
      return start.duration(to: .now) / .seconds(1)
    }.min() ?? 0
  }
}
