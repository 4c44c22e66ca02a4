import TensorCore
import Testing

/// oneDNN's byte convolutions against sums of integers that are written down plainly.
@Suite struct QuantizedConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var batch = 1
    let height: Int
    let width: Int
    let inputs: Int
    let outputs: Int
    let kernel: Int
    var stride = 1
    var padding = 0
    var dilation = 1

    var testDescription: String {
      "\(batch)×\(height)×\(width), \(inputs) → \(outputs), \(kernel)×\(kernel), stride \(stride), padding "
        + "\(padding), dilation \(dilation)"
    }

    var geometry: ConvolutionGeometry {
      ConvolutionGeometry(stride: stride, padding: padding, dilation: dilation)
    }
    var weightShape: Shape { [outputs, inputs, kernel, kernel] }
    var problem: ConvolutionProblem {
      ConvolutionProblem(input: [batch, height, width, inputs], weights: weightShape, geometry: geometry)
    }
  }

  static let cases = [
    Case(height: 9, width: 7, inputs: 64, outputs: 64, kernel: 3, padding: 1),
    Case(batch: 2, height: 8, width: 5, inputs: 32, outputs: 48, kernel: 1),
    Case(height: 9, width: 10, inputs: 64, outputs: 32, kernel: 3, stride: 2, padding: 1),
    Case(height: 10, width: 7, inputs: 128, outputs: 40, kernel: 1, stride: 2),
    // Windows that lie mostly outside the image.
    Case(height: 9, width: 12, inputs: 32, outputs: 32, kernel: 3, padding: 6, dilation: 6),
    Case(height: 5, width: 5, inputs: 16, outputs: 16, kernel: 3, padding: 18, dilation: 18),
    // Channels that no vector divides.
    Case(height: 6, width: 7, inputs: 37, outputs: 21, kernel: 3, padding: 2, dilation: 2),
    Case(height: 6, width: 7, inputs: 25, outputs: 33, kernel: 1),
    Case(batch: 3, height: 5, width: 4, inputs: 3, outputs: 1, kernel: 3, stride: 2, padding: 1),
    Case(height: 20, width: 11, inputs: 4, outputs: 16, kernel: 7, stride: 2, padding: 3),
    // One pixel.
    Case(height: 1, width: 1, inputs: 304, outputs: 256, kernel: 3, padding: 1),
  ]

  /// Bytes that are often the largest, and weights whose pairs often come to the limit of 16 bits: 128 = 127 + 1 = 64 + 64.
  private func extremes(_ sizes: Case) -> (input: Tensor, weights: [Int8]) {
    var generator = SeededGenerator(seed: 5)
    let input = (0..<sizes.batch * sizes.height * sizes.width * sizes.inputs).map { _ -> Float in
      let byte = Float(Int.random(in: 0...255, using: &generator))
      return generator.nextUniform() < 0.7 ? 255 : byte
    }
    let taps = sizes.kernel * sizes.kernel
    var weights = [Int8](repeating: 0, count: sizes.weightShape.elementCount)
    for index in weights.indices {
      let channel = index / taps % sizes.inputs
      if channel % 2 == 0 {
        weights[index] = Int8(Int.random(in: -127...127, using: &generator))
      } else {
        let first = Int(weights[index - taps])
        weights[index] = Int8(max(-127, min(127, first < 0 ? -128 - first : 128 - first)))
      }
    }
    return (Tensor(input, shape: [sizes.batch, sizes.height, sizes.width, sizes.inputs]), weights)
  }

  /// The sums, output by output, NHWC.
  private func integerSums(_ sizes: Case, _ input: [Float], _ weights: [Int8]) -> [Int] {
    let shape = sizes.problem.outputShape
    var sums: [Int] = []
    for image in 0..<sizes.batch {
      for y in 0..<shape[1] {
        for x in 0..<shape[2] {
          for output in 0..<sizes.outputs {
            var sum = 0
            for tap in 0..<sizes.kernel * sizes.kernel {
              let row = y * sizes.stride - sizes.padding + tap / sizes.kernel * sizes.dilation
              let column = x * sizes.stride - sizes.padding + tap % sizes.kernel * sizes.dilation
              guard (0..<sizes.height).contains(row), (0..<sizes.width).contains(column) else { continue }
              let pixel = ((image * sizes.height + row) * sizes.width + column) * sizes.inputs
              for channel in 0..<sizes.inputs {
                let weight = (output * sizes.inputs + channel) * sizes.kernel * sizes.kernel + tap
                sum += Int(input[pixel + channel]) * Int(weights[weight])
              }
            }
            sums.append(sum)
          }
        }
      }
    }
    return sums
  }

  @Test(arguments: cases) func sumsIntegersExactly(_ sizes: Case) {
    let (input, weights) = extremes(sizes)
    let problem = sizes.problem
    // A power of two rounds nothing. The largest sum here needs 26 bits, 32-bit floats hold 24 of them.
    let factor: Float = 0x1p-6
    let layer = QuantizedConvolution(
      weights: weights, shape: sizes.weightShape,
      weightScales: [Float](repeating: factor, count: sizes.outputs),
      bias: (0..<sizes.outputs).map { Float($0 % 5) * factor }, inputScale: 1)
    let sums = integerSums(sizes, input.values, weights)
    let residual = Tensor(sums.indices.map { Float($0 % 7 - 3) * factor }, shape: problem.outputShape)
    for relu in [false, true] {
      for added in [nil, residual] {
        let out = problem.forward(input, quantized: layer, residual: added, relu: relu)
        let expected = sums.enumerated().map { index, sum -> Float in
          let value =
            Float(sum + index % sizes.outputs % 5) * factor
            + (added == nil ? 0 : Float(index % 7 - 3) * factor)
          return relu ? max(0, value) : value
        }
        expectClose(
          out, Tensor(expected, shape: problem.outputShape), Tolerance.rounding, "relu \(relu)")
      }
    }
  }

  @Test func sumsBelowTwentyFourBitsAreExact() {
    let sizes = Self.cases[0]
    let (input, weights) = extremes(sizes)
    let layer = QuantizedConvolution(
      weights: weights, shape: sizes.weightShape, weightScales: [Float](repeating: 1, count: sizes.outputs),
      bias: [Float](repeating: 0, count: sizes.outputs), inputScale: 1)
    let out = sizes.problem.forward(input, quantized: layer, residual: nil, relu: false)
    #expect(out.values == integerSums(sizes, input.values, weights).map(Float.init))
  }

  @Test func roundsInputsToSteps() {
    let layer = QuantizedConvolution(
      weights: [1], shape: [1, 1, 1, 1], weightScales: [1], bias: [0], inputScale: 0.5)
    let input: [Float] = [-3, -0.1, 0, 0.24, 0.25, 0.3, 1.76, 127.4, 127.5, 1e9, .infinity, .nan]
    let out = ConvolutionProblem(input: [1, 1, 12, 1], weights: [1, 1, 1, 1], geometry: .init())
      .forward(Tensor(input, shape: [1, 1, 12, 1]), quantized: layer, residual: nil, relu: false)
    #expect(out.values == [0, 0, 0, 0, 0.5, 0.5, 2, 127.5, 127.5, 127.5, 127.5, 0])
  }

  /// Over sizes that are not split and such that are, byte for byte.
  @Test func repeatsItself() {
    let input = Tensor.sample([1, 40, 40, 64], seed: 1)
    let layer = QuantizedConvolution(
      rounding: Tensor.sample([32, 64, 3, 3], seed: 2), bias: Tensor.sample([32], seed: 3), inputScale: 0.01)
    let problem = ConvolutionProblem(
      input: input.shape, weights: [32, 64, 3, 3], geometry: ConvolutionGeometry(padding: 1))
    let first = problem.forward(input, quantized: layer, residual: nil, relu: true)
    for _ in 0..<3 {
      #expect(problem.forward(input, quantized: layer, residual: nil, relu: true).values == first.values)
    }
  }

  /// Eight bits of each, evenly spread: rounding costs at most half a step.
  @Test func isCloseToTheConvolutionThatItReplaces() {
    var generator = SeededGenerator(seed: 3)
    let input = Tensor(
      (0..<20 * 20 * 64).map { _ in generator.nextUniform(in: 0...2) }, shape: [1, 20, 20, 64])
    let weights = Tensor.sample([48, 64, 3, 3], seed: 2)
    let bias = Tensor.sample([48], seed: 4)
    let problem = ConvolutionProblem(
      input: input.shape, weights: weights.shape, geometry: ConvolutionGeometry(padding: 1))
    let exact = problem.forward(
      input, weights: weights, packed: nil, bias: bias, residual: nil, relu: false)
    let rounded = problem.forward(
      input, quantized: QuantizedConvolution(rounding: weights, bias: bias, inputScale: 2 / 255),
      residual: nil, relu: false)
    let noise = zip(exact.values, rounded.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let signal = exact.values.reduce(0) { $0 + $1 * $1 }
    #expect((noise / signal).squareRoot() < 0.01)
  }

  @Test func roundsWeightsByChannel() {
    // Evenly spread; nothing.
    let even = (0..<64).map { $0 % 2 == 0 ? Float($0 - 32) : 0 }
    let layer = QuantizedConvolution(
      rounding: Tensor(even + [Float](repeating: 0, count: 64), shape: [2, 64, 1, 1]),
      bias: Tensor([1, 3], shape: [2]), inputScale: 1)
    for (weight, value) in zip(layer.weights, even) {
      #expect(abs(Float(weight) * layer.weightScales[0] - value) <= layer.weightScales[0] / 2)
    }
    #expect(layer.weights[64...].allSatisfy { $0 == 0 } && layer.weightScales[1] > 0)
    // A channel without weights still has its bias.
    let out = ConvolutionProblem(input: [1, 1, 1, 64], weights: [2, 64, 1, 1], geometry: .init())
      .forward(Tensor(repeating: 7, shape: [1, 1, 1, 64]), quantized: layer, residual: nil, relu: false)
    #expect(out.values[1] == 3)
  }

  /// Two large weights of one sign that meet in 16 bits give way to one another; others keep their steps.
  @Test func pairsStayWithinSixteenBits() {
    var generator = SeededGenerator(seed: 8)
    for inputs in [1, 2, 5, 64] {
      let shape: Shape = [7, inputs, 3, 3]
      let values = (0..<shape.elementCount).map { _ -> Float in
        generator.nextUniform() < 0.3 ? 1 : generator.nextUniform(in: -1...1)
      }
      let layer = QuantizedConvolution(
        rounding: Tensor(values, shape: shape), bias: Tensor(zeros: [7]), inputScale: 1)
      for index in values.indices {
        let channel = index / 9 % inputs
        let weight = Int(layer.weights[index])
        #expect(abs(weight) <= QuantizedConvolution.largestWeight)
        if channel % 2 == 0 && channel + 1 < inputs {
          #expect(abs(weight + Int(layer.weights[index + 9])) <= QuantizedConvolution.largestPair)
        }
        #expect(abs(Float(weight) * layer.weightScales[index / (9 * inputs)] - values[index]) < 0.5)
      }
    }
  }

  @Test func refusesImpossibleLayers() {
    func isValid(_ weights: [Int8], _ scale: Float, _ inputScale: Float) -> Bool {
      QuantizedConvolution.areValid(
        weights: weights, shape: [1, weights.count, 1, 1], weightScales: [scale], inputScale: inputScale)
    }
    #expect(isValid([64, 64, -127, 127, 127], 1, 1) && isValid([127, 1, 127, 1], 1, 1))
    #expect(!isValid([65, 64], 1, 1) && !isValid([0, 0, -64, -65], 1, 1) && !isValid([-128], 1, 1))
    #expect(!isValid([1], 0, 1) && !isValid([1], -1, 1) && !isValid([1], 1, .nan))
    #expect(!isValid([1], .infinity, 1) && !isValid([1], 1e-30, 1e-30))
  }

  @Test func bytesWhereTheyAreFaster() {
    func isFaster(_ arithmetic: ByteArithmetic, _ channels: (Int, Int), kernel: Int, dilation: Int = 1)
      -> Bool
    {
      ConvolutionProblem(
        input: [1, 32, 32, channels.0], weights: [channels.1, channels.0, kernel, kernel],
        geometry: ConvolutionGeometry(padding: kernel == 1 ? 0 : dilation, dilation: dilation)
      ).isFaster(with: arithmetic)
    }
    for arithmetic in ByteArithmetic.allCases {
      #expect(isFaster(arithmetic, (256, 1024), kernel: 1))
      // Too narrow for either to matter.
      #expect(!isFaster(arithmetic, (256, 21), kernel: 1) && !isFaster(arithmetic, (3, 64), kernel: 7))
      // Winograd's transforms take long for few channels; oneDNN leaves out taps that see padding only.
      #expect(isFaster(arithmetic, (64, 64), kernel: 3))
      #expect(isFaster(arithmetic, (512, 256), kernel: 3, dilation: 18))
    }
    // A quarter of the products in 32-bit floats, against all of them at twice or four times the rate.
    #expect(!isFaster(.avx2, (512, 512), kernel: 3, dilation: 2))
    #expect(isFaster(.vnni, (512, 512), kernel: 3, dilation: 2))
  }
}
