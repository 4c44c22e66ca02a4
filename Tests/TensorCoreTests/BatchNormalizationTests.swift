import TensorCore
import Testing

/// The ε of every layer, PyTorch's default.
private let epsilon: Float = 1e-5

@Suite struct BatchNormalizationTests {
  private static let fixture = Fixture.load("batch_normalization")

  @Test func momentsByHand() {
    // Two channels over four pixels, far from zero: the one-pass variance must not cancel.
    let x = Tensor([10001, 1, 10002, 1, 10003, 1, 10004, 1], shape: [1, 2, 2, 2])
    let moments = x.channelMoments()
    #expect(moments.mean == [10002.5, 1])
    #expect(moments.variance == [1.25, 0])
    #expect(moments.sampleCount == 4)
  }

  /// An outlier in the first row must not cost the variance its digits.
  @Test func momentsOfManyRows() {
    let (rows, channels) = (5000, 300)
    var x = Tensor.sample([1, rows, 1, channels], seed: 3)
    x.withUnsafeMutableBufferPointer { for c in 0..<channels { $0[c] = 30 } }
    let moments = x.channelMoments()
    let values = x.values
    for channel in [0, 255, 256, 299] {
      let column = (0..<rows).map { Double(values[$0 * channels + channel]) }
      let mean = column.reduce(0, +) / Double(rows)
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
      expectClose(
        [moments.mean[channel], moments.variance[channel]], [Float(mean), Float(variance)],
        Tolerance.accumulated)
    }
  }

  private func run(
    _ fixture: Fixture.Case, _ input: Variable, _ scale: Variable, _ shift: Variable, _ residual: Variable?
  ) -> (Variable, ChannelMoments?) {
    let relu = fixture.integer("relu") == 1
    guard fixture.integer("training") == 1 else {
      let out = input.normalized(
        mean: fixture.tensor("mean"), variance: fixture.tensor("variance"), scale: scale, shift: shift,
        epsilon: epsilon, residual: residual, relu: relu)
      return (out, nil)
    }
    let (out, moments) = input.batchNormalized(
      scale: scale, shift: shift, epsilon: epsilon, residual: residual, relu: relu)
    return (out, moments)
  }

  @Test(arguments: fixture.cases) func matchesPyTorch(_ fixture: Fixture.Case) {
    let (input, scale) = (Leaf(fixture.tensor("input")), Leaf(fixture.tensor("scale")))
    let shift = Leaf(fixture.tensor("shift"))
    let residual = fixture.has("residual") ? Leaf(fixture.tensor("residual")) : nil
    let (out, moments) = run(fixture, input.variable, scale.variable, shift.variable, residual?.variable)
    expectClose(out.value, fixture.tensor("output"), Tolerance.accumulated)
    if let moments {
      expectClose(moments.mean, fixture.tensor("batch_mean").values, Tolerance.accumulated)
      expectClose(moments.variance, fixture.tensor("batch_variance").values, Tolerance.accumulated)
    }
    var leaves = [("input_gradient", input), ("scale_gradient", scale), ("shift_gradient", shift)]
    if let residual { leaves.append(("residual_gradient", residual)) }
    // Two values a channel: the input's gradient is what is left over of numbers a thousand times larger.
    let tolerance = (fixture.name == "two_values" ? 1000 : 1) * Tolerance.accumulated
    expectGradients(of: out, from: fixture, tolerance, leaves)
  }

  @Test(arguments: [false, true]) func gradientsAreTheSlopes(withResidual: Bool) {
    let inputs = [
      Tensor.sample([2, 2, 3, 3], seed: 1), .sample([3], seed: 2), .sample([3], seed: 3),
    ]
    checkGradients(at: inputs + (withResidual ? [.sample([2, 2, 3, 3], seed: 4)] : [])) {
      $0[0].batchNormalized(
        scale: $0[1], shift: $0[2], epsilon: epsilon, residual: withResidual ? $0[3] : nil
      ).result
    }
    let (mean, variance) = (Tensor([0.5, 1, -1], shape: [3]), Tensor([1, 2, 0.5], shape: [3]))
    checkGradients(at: inputs) {
      $0[0].normalized(mean: mean, variance: variance, scale: $0[1], shift: $0[2], epsilon: epsilon)
    }
  }

  /// A residual that is the input itself, as in a block without a projection: both paths add up.
  @Test func residualIsTheInput() {
    checkGradients(at: [.sample([1, 3, 3, 2], seed: 5), .sample([2], seed: 6), .sample([2], seed: 7)]) {
      $0[0].batchNormalized(scale: $0[1], shift: $0[2], epsilon: epsilon, residual: $0[0]).result
    }
  }
}
