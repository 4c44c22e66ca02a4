import TensorCore
import Testing

@Suite struct NormalizationTests {
  /// Normalising values around 50 loses digits in both libraries.
  static let normalizationTolerance: Float = 2e-4

  @Test(arguments: ["small_plain", "small_relu", "offset_plain", "offset_relu", "wide_plain", "wide_relu"])
  func agreesWithPyTorch(name: String) throws {
    let fixture = try Fixture("batch_norm")
    let relu = fixture.flag(name, "relu")
    let input = Leaf(try fixture.tensor(name, "input"))
    let residual = Leaf(try fixture.tensor(name, "residual"))
    let (scale, shift) = (Leaf(try fixture.tensor(name, "weight")), Leaf(try fixture.tensor(name, "bias")))
    let (output, moments) = input.variable.batchNormalized(
      scale: scale.variable, shift: shift.variable, epsilon: 1e-5, residual: residual.variable, relu: relu)
    let tolerance = Self.normalizationTolerance
    #expect(relativeDifference(output.value, try fixture.tensor(name, "output")) < tolerance)
    output.weighted(by: try fixture.tensor(name, "grad_output")).backward()
    for (leaf, key) in [
      (input, "grad_input"), (residual, "grad_residual"), (scale, "grad_weight"), (shift, "grad_bias"),
    ] {
      let gradient = try #require(leaf.gradient)
      #expect(relativeDifference(gradient, try fixture.tensor(name, key)) < tolerance, "\(key)")
    }
    let count = Float(moments.sampleCount)
    let mean = Tensor(moments.mean.map { $0 * 0.1 }, shape: [moments.mean.count])
    let variance = Tensor(
      moments.variance.map { 0.9 + 0.1 * $0 * count / (count - 1) }, shape: [moments.variance.count])
    let (runningMean, runningVariance) = (
      try fixture.tensor(name, "running_mean"), try fixture.tensor(name, "running_var")
    )
    #expect(relativeDifference(mean, runningMean) < tolerance)
    #expect(relativeDifference(variance, runningVariance) < tolerance)
    let inference = Variable(input.value).normalized(
      mean: runningMean, variance: runningVariance, scale: Variable(scale.value),
      shift: Variable(shift.value),
      epsilon: 1e-5, residual: Variable(residual.value), relu: relu)
    #expect(relativeDifference(inference.value, try fixture.tensor(name, "inference")) < tolerance)
  }

  @Test func fixedMomentsHaveALinearGradient() throws {
    var generator = SeededGenerator(seed: 5)
    let x = Tensor((0..<24).map { _ in generator.nextUniform(in: -2...2) }, shape: [2, 2, 2, 3])
    let weights = Tensor((0..<24).map { _ in generator.nextUniform(in: -1...1) }, shape: x.shape)
    func normalize(_ x: Variable) -> Variable {
      x.normalized(
        mean: Tensor([0.1, -0.2, 0.3], shape: [3]), variance: Tensor([1, 2, 0.5], shape: [3]),
        scale: Variable(Tensor([1, -1, 2], shape: [3])), shift: Variable(Tensor([0, 1, 0], shape: [3])),
        epsilon: 1e-5, relu: true)
    }
    let leaf = Leaf(x)
    normalize(leaf.variable).weighted(by: weights).backward()
    let gradient = try #require(leaf.gradient)
    let expected = finiteDifferences(x, indices: Array(0..<24), step: 1e-3) {
      Double(normalize(Variable($0)).weighted(by: weights).value.scalar)
    }
    #expect(relativeDifference(gradient, Tensor(expected, shape: x.shape)) < 2e-2)
  }
}
