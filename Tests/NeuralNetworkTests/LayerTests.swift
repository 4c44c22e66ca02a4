import NeuralNetwork
import TensorCore
import Testing

/// Single-precision sums in another order, over a few hundred terms.
private let accumulated: Float = 1e-5

private func difference(_ a: Tensor, _ b: Tensor) -> Float {
  guard a.shape == b.shape else { return .infinity }
  let scale = b.values.map(\.magnitude).max() ?? 1
  return (zip(a.values, b.values).map { ($0 - $1).magnitude }.max() ?? 0) / scale
}

private func sample(_ shape: Shape, seed: UInt64) -> Tensor {
  var generator = SeededGenerator(seed: seed)
  return Tensor((0..<shape.elementCount).map { _ in generator.nextUniform(in: -2...2) }, shape: shape)
}

private func context(
  _ normalization: ForwardContext.Normalization, dropout: Bool = false, gradients: Bool = true
) -> ForwardContext {
  ForwardContext(
    normalization: normalization, appliesDropout: dropout, recordsGradients: gradients,
    generator: SeededGenerator(seed: 4))
}

@Suite struct LayerTests {
  @Test func convolutionRecordsOnlyWhereAsked() {
    var generator = SeededGenerator(seed: 1)
    let layer = Convolution2D(
      inputChannels: 2, outputChannels: 3, kernelSize: 3, geometry: ConvolutionGeometry(padding: 1),
      bias: true,
      initializer: .uniformFanIn, using: &generator)
    let image = Variable(sample([1, 4, 5, 2], seed: 2))
    let recorded = layer(image, relu: true, context(.batch))
    let plain = layer(image, relu: true, .inference)
    #expect(recorded.requiresGradient && !plain.requiresGradient)
    #expect(difference(recorded.value, plain.value) < accumulated)
    // A fused ReLU may leave 1e-30 of a negative value.
    #expect(
      plain.value.values.allSatisfy { $0 > -1e-20 } && plain.value.values.contains { abs($0) < 1e-20 })
    recorded.backward(from: Tensor(repeating: 1, shape: recorded.shape))
    #expect(layer.weight.gradient?.shape == [3, 2, 3, 3])
    #expect(layer.bias?.gradient?.shape == [3])
    // A changed weight is not served from the packed copy of the old one.
    layer.weight.update { $0 = $0.scaled(by: 2) }
    let doubled = layer(image, .inference).value
    layer.weight.update { $0 = $0.scaled(by: 0.5) }
    let bias = try? #require(layer.bias?.value.values)
    let expected = zip(layer(image, .inference).value.values, 0...).map { value, index in
      2 * value - (bias?[index % 3] ?? 0)
    }
    #expect(difference(doubled, Tensor(expected, shape: doubled.shape)) < accumulated)
  }

  /// Two batches of two values a channel, by hand: momentum 0.1, unbiased variance in the running one.
  @Test func runningStatisticsByHand() {
    let layer = BatchNormalization2D(channels: 2)
    _ = layer(Variable(Tensor([1, 10, 3, 30], shape: [1, 1, 2, 2])), context(.batch))
    // Means 2 and 20; variances biased 1 and 100, unbiased 2 and 200.
    expect(layer.runningMean, [0.2, 2])
    expect(layer.runningVariance, [1.1, 20.9])
    _ = layer(Variable(Tensor([5, 0, 5, 0], shape: [1, 1, 2, 2])), context(.batch, gradients: false))
    expect(layer.runningMean, [0.68, 1.8])
    expect(layer.runningVariance, [0.99, 18.81])
    let before = layer.runningMean.version
    let out = layer(Variable(Tensor([0.68, 1.8], shape: [1, 1, 1, 2])), context(.running))
    #expect(out.value.values.allSatisfy { $0.magnitude < accumulated })
    #expect(layer.runningMean.version == before, "inference moved the running statistics")
  }

  private func expect(_ parameter: Parameter, _ values: [Float]) {
    #expect(difference(parameter.value, Tensor(values, shape: [values.count])) < accumulated)
  }

  @Test(arguments: [false, true], [false, true]) func foldedInferenceEqualsThePlainOne(
    relu: Bool, residual: Bool
  ) {
    var generator = SeededGenerator(seed: 6)
    let unit = NormalizedConvolution(
      inputChannels: 3, outputChannels: 4, kernelSize: 3,
      geometry: ConvolutionGeometry(padding: 2, dilation: 2),
      initializer: .kaimingNormal, using: &generator)
    let image = Variable(sample([2, 5, 6, 3], seed: 7))
    let addend = residual ? Variable(sample([2, 5, 6, 4], seed: 8)) : nil
    func set(_ seed: UInt64) {
      unit.normalization.weight.update { $0 = sample([4], seed: seed) }
      unit.normalization.bias.update { $0 = sample([4], seed: seed + 1) }
      unit.normalization.runningMean.update { $0 = sample([4], seed: seed + 2) }
      unit.normalization.runningVariance.update { $0 = Tensor([0.5, 1, 2, 1e-3], shape: [4]) }
    }
    // The second and third rounds would meet a stale folding.
    for round in 0..<3 as Range<UInt64> {
      if round < 2 { set(10 * round) } else { unit.convolution.weight.update { $0 = $0.scaled(by: -1) } }
      let folded = unit(image, residual: addend, relu: relu, .inference)
      let plain = unit(image, residual: addend, relu: relu, context(.running))
      #expect(!folded.requiresGradient && plain.requiresGradient)
      #expect(difference(folded.value, plain.value) < accumulated, "round \(round)")
    }
  }

  @Test func dropoutFollowsTheContext() {
    let x = Variable(Tensor(repeating: 1, shape: [1, 10, 10, 1]))
    let layer = Dropout(probability: 0.5)
    #expect(layer(x, context(.batch)).value.values == x.value.values)
    let first = context(.batch, dropout: true)
    let dropped = layer(x, first).value.values
    #expect(dropped.contains(0) && dropped.contains(2))
    // The generator of the context has moved on; another context of the same seed repeats.
    #expect(layer(x, first).value.values != dropped)
    #expect(layer(x, context(.batch, dropout: true)).value.values == dropped)
  }

  /// Of 3 × 3 convolutions from 32 to 64 channels: 2 / (9 · 64), 2 / (9 · 32), 1 / (3 · 9 · 32).
  private static let variances: [(Initializer, Double)] = [
    (.normalFanOut, 0.0034722), (.kaimingNormal, 0.0069444), (.uniformFanIn, 0.0011574),
  ]

  @Test(arguments: variances) func initialWeightsHaveTheVariance(
    _ initializer: Initializer, _ variance: Double
  ) {
    var generator = SeededGenerator(seed: 3)
    let layer = Convolution2D(
      inputChannels: 32, outputChannels: 64, kernelSize: 3, initializer: initializer, using: &generator)
    let values = layer.weight.value.values.map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    let found = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    // 18,432 values: five standard deviations of a normal's variance are 5 %, of its mean 4 % of the deviation.
    #expect((found / variance - 1).magnitude < 0.055)
    #expect(mean.magnitude < 0.04 * variance.squareRoot())
    if initializer == .uniformFanIn {
      let bound = 1 / Double(32 * 9).squareRoot()
      #expect(values.allSatisfy { $0.magnitude <= bound * 1.000001 })
    }
  }
}

@Suite struct NetworkStateTests {
  private final class Pair: Module {
    let first: Convolution2D
    let second = BatchNormalization2D(channels: 2)

    init(seed: UInt64) {
      var generator = SeededGenerator(seed: seed)
      first = Convolution2D(
        inputChannels: 1, outputChannels: 2, kernelSize: 1, bias: true, initializer: .uniformFanIn,
        using: &generator)
    }

    func collect(into state: inout NetworkState, path: String) {
      state.add(first, path, "0")
      state.add(second, path, "bn")
    }
  }

  @Test func pathsInOrder() {
    let pair = Pair(seed: 1)
    #expect(pair.state.parameters.map(\.path) == ["0.weight", "0.bias", "bn.weight", "bn.bias"])
    #expect(pair.state.all.map(\.path).suffix(2) == ["bn.running_mean", "bn.running_var"])
    #expect(pair.state.parameterCount == 2 + 2 + 2 + 2)
    var outer = NetworkState()
    outer.add(pair, "student", "head")
    outer.add(pair, "", "")
    #expect(outer.parameters.first?.path == "student.head.0.weight")
    #expect(outer.parameters[4].path == "0.weight")
    #expect(outer.tensors(prefix: "x.").first?.name == "x.student.head.0.weight")
  }

  @Test func copiesAndAverages() {
    let (student, teacher) = (Pair(seed: 1), Pair(seed: 2))
    teacher.state.copyValues(from: student.state)
    #expect(teacher.first.weight.value.values == student.first.weight.value.values)
    student.second.weight.update { $0 = Tensor([11, -9], shape: [2]) }
    student.second.runningMean.update { $0 = Tensor([5, 5], shape: [2]) }
    #expect(teacher.second.weight.value.values == [1, 1], "the copy shares storage with its source")
    teacher.state.moveAverage(toward: student.state, decay: 0.75)
    #expect(teacher.second.weight.value.values == [3.5, -1.5])
    #expect(teacher.second.runningMean.value.values == [0, 0], "running statistics are the teacher's own")
    #expect(teacher.second.weight.version == 2)
  }
}
