import TensorCore
import Testing

/// Every fast way of computing a convolution against the plain one, oneDNN's kernels.
@Suite struct ConvolutionMethodTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var batch = 2
    let height: Int
    let width: Int
    let inputs: Int
    let outputs: Int
    var kernel = 3
    var stride = 1
    /// As much as the window needs to keep a stride of 1 from changing the size, if nil.
    var padding: Int?
    var dilation = 1
    /// Forward, data gradient, weight gradient.
    let methods: [ConvolutionMethod]

    var testDescription: String {
      "\(batch)×\(height)×\(width), \(inputs) → \(outputs), \(kernel)×\(kernel), dilation \(dilation), stride \(stride)"
    }

    func problem(plain: Bool) -> ConvolutionProblem {
      ConvolutionProblem(
        input: [batch, height, width, inputs], weights: [outputs, inputs, kernel, kernel],
        geometry: ConvolutionGeometry(
          stride: stride, padding: padding ?? kernel / 2 * dilation, dilation: dilation), plain: plain)
    }
  }

  /// Winograd's transforms multiply by up to 8 · 8 and divide again: ten to thirty times the rounding of a direct sum.
  private static let tolerance: Float = 1e-4

  private static let filtered = [ConvolutionMethod](repeating: .winograd, count: 3)
  private static let tapped = [ConvolutionMethod](repeating: .taps, count: 3)

  private static let strided = [ConvolutionMethod](repeating: .strided, count: 3)

  static let cases = [
    Case(height: 16, width: 16, inputs: 32, outputs: 48, methods: filtered),
    // Sizes that no tile divides.
    Case(height: 13, width: 22, inputs: 48, outputs: 32, methods: filtered),
    Case(batch: 1, height: 31, width: 33, inputs: 304, outputs: 64, methods: filtered),
    // More tiles than one chunk of workspace holds.
    Case(height: 96, width: 100, inputs: 256, outputs: 256, methods: filtered),
    // Interleaved grids, also of unequal sizes.
    Case(height: 32, width: 32, inputs: 64, outputs: 32, dilation: 2, methods: filtered),
    Case(height: 29, width: 35, inputs: 32, outputs: 32, dilation: 4, methods: filtered),
    // Windows that lie mostly, or but for their centre, outside the image.
    Case(height: 16, width: 20, inputs: 64, outputs: 32, dilation: 12, methods: tapped),
    Case(height: 32, width: 32, inputs: 96, outputs: 64, dilation: 18, methods: tapped),
    Case(height: 12, width: 9, inputs: 32, outputs: 40, dilation: 18, methods: tapped),
    Case(
      height: 24, width: 24, inputs: 64, outputs: 96, kernel: 1, methods: [.direct, .direct, .matrixProduct]),
    Case(height: 16, width: 24, inputs: 64, outputs: 48, stride: 2, methods: strided),
    // Odd sizes; more channels than one part takes; sums that no panel divides.
    Case(height: 23, width: 17, inputs: 130, outputs: 37, stride: 2, methods: strided),
    Case(batch: 3, height: 45, width: 61, inputs: 64, outputs: 33, stride: 2, methods: strided),
    // Wider than a block of pixels.
    Case(batch: 1, height: 5, width: 517, inputs: 64, outputs: 32, stride: 2, methods: strided),
    // Other windows, strides and paddings, up to windows that lie outside the image.
    Case(
      height: 19, width: 30, inputs: 25, outputs: 64, kernel: 7, stride: 2,
      methods: [.direct, .strided, .strided]),
    Case(height: 20, width: 13, inputs: 64, outputs: 32, kernel: 5, stride: 3, methods: strided),
    Case(height: 14, width: 15, inputs: 64, outputs: 32, stride: 2, padding: 0, methods: strided),
    Case(height: 9, width: 10, inputs: 64, outputs: 32, stride: 2, padding: 4, methods: strided),
    Case(height: 12, width: 11, inputs: 64, outputs: 32, kernel: 2, stride: 3, padding: 0, methods: strided),
    Case(
      height: 3, width: 2, inputs: 64, outputs: 32, kernel: 7, stride: 2,
      methods: [.direct, .strided, .strided]),
    Case(
      height: 20, width: 20, inputs: 3, outputs: 16, stride: 2, methods: [.direct, .direct, .strided]),
    // Too narrow for any of it.
    Case(height: 16, width: 16, inputs: 8, outputs: 8, stride: 2, methods: [.direct, .direct, .direct]),
    Case(height: 16, width: 16, inputs: 8, outputs: 8, methods: [.direct, .direct, .direct]),
  ]

  @Test(arguments: cases) func agreesWithThePlainWay(_ sizes: Case) {
    let (fast, plain) = (sizes.problem(plain: false), sizes.problem(plain: true))
    #expect([.forward, .backwardData, .backwardWeights].map(fast.method) == sizes.methods)
    #expect([.forward, .backwardData, .backwardWeights].map(plain.method) == [.direct, .direct, .direct])
    let input = Tensor.sample([sizes.batch, sizes.height, sizes.width, sizes.inputs], seed: 1)
    let weights = Tensor.sample([sizes.outputs, sizes.inputs, sizes.kernel, sizes.kernel], seed: 2)
    let gradient = Tensor.sample(fast.outputShape, seed: 3)
    let bias = Tensor.sample([sizes.outputs], seed: 4)
    let packed = PackedWeights()
    for keepsForms in [false, true, true] {
      for relu in [false, true] {
        for residual in [nil, gradient] {
          expectClose(
            fast.forward(
              input, weights: weights, packed: packed, bias: bias, residual: residual, relu: relu,
              keepsForms: keepsForms),
            plain.forward(
              input, weights: weights, packed: nil, bias: bias, residual: residual, relu: relu),
            Self.tolerance,
            "forward")
        }
      }
    }
    expectClose(
      fast.forward(input, weights: weights, packed: nil, bias: nil, residual: nil, relu: false),
      plain.forward(input, weights: weights, packed: nil, bias: nil, residual: nil, relu: false),
      Self.tolerance,
      "without bias")
    expectClose(
      fast.backwardData(gradient, weights: weights, packed: nil),
      plain.backwardData(gradient, weights: weights, packed: nil), Self.tolerance, "data gradient")
    let (made, expected) = (
      fast.backwardWeights(input, gradient: gradient, withBias: true),
      plain.backwardWeights(input, gradient: gradient, withBias: true)
    )
    expectClose(made.weights, expected.weights, Self.tolerance, "weight gradient")
    expectClose(made.bias?.values ?? [], expected.bias?.values ?? [], Self.tolerance, "bias gradient")
  }

  @Test(arguments: cases) func isRepeatableToTheLastBit(_ sizes: Case) {
    let problem = sizes.problem(plain: false)
    let input = Tensor.sample([sizes.batch, sizes.height, sizes.width, sizes.inputs], seed: 1)
    let weights = Tensor.sample([sizes.outputs, sizes.inputs, sizes.kernel, sizes.kernel], seed: 2)
    let gradient = Tensor.sample(problem.outputShape, seed: 3)
    func run() -> [[Float]] {
      [
        problem.forward(input, weights: weights, packed: nil, bias: nil, residual: nil, relu: true).values,
        problem.backwardData(gradient, weights: weights, packed: nil).values,
        problem.backwardWeights(input, gradient: gradient, withBias: false).weights.values,
      ]
    }
    #expect(run() == run())
  }

  /// A fault in a network must reach the finiteness checks, not vanish in a ReLU, whatever computes the convolution.
  @Test(arguments: cases, [false, true]) func letsNaNThrough(_ sizes: Case, plain: Bool) {
    let problem = sizes.problem(plain: plain)
    let input = Tensor.sample([sizes.batch, sizes.height, sizes.width, sizes.inputs], seed: 1)
    var weights = Tensor.sample([sizes.outputs, sizes.inputs, sizes.kernel, sizes.kernel], seed: 2)
    weights.withUnsafeMutableBufferPointer { values in
      // The whole window of one input channel: some of its taps may see nothing but padding.
      let window = sizes.kernel * sizes.kernel
      for tap in 0..<window { values[(3 * sizes.inputs + 1) * window + tap] = .nan }
    }
    let (bias, residual) = (
      Tensor.sample([sizes.outputs], seed: 4), Tensor.sample(problem.outputShape, seed: 3)
    )
    for sum in [nil, residual] {
      let out = problem.forward(
        input, weights: weights, packed: nil, bias: bias, residual: sum, relu: true)
      #expect(out.nonFiniteCount > 0)
    }
  }
}
