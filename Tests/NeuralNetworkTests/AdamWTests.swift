import NeuralNetwork
import TensorCore
import Testing

@Suite struct AdamWTests {
  private func parameter(_ values: [Float]) -> Parameter { Parameter(Tensor(values, shape: [values.count])) }

  private func give(_ gradient: [Float], to parameter: Parameter) {
    parameter.gradient = Tensor(gradient, shape: [gradient.count])
  }

  /// Single-precision rounding of a few operations.
  private static let rounding: Float = 1e-6

  private func expect(_ parameter: Parameter, _ values: [Float], _ what: String = "") {
    for (found, wanted) in zip(parameter.value.values, values) {
      #expect((found - wanted).magnitude < Self.rounding, "\(what)")
    }
  }

  /// With one constant gradient every step is rate · sign(g), whatever the betas: both moments are corrected.
  @Test func constantGradientsMoveAtTheRate() {
    let x = parameter([1, 1])
    let optimizer = AdamW(
      groups: [ParameterGroup(name: "all", parameters: [("x", x)], learningRate: 0.01)], weightDecay: 0)
    for step in 1...10 {
      give([3, -0.5], to: x)
      optimizer.step()
      expect(x, [1 - 0.01 * Float(step), 1 + 0.01 * Float(step)], "step \(step)")
      #expect(x.gradient == nil, "the gradient is cleared")
      #expect(x.version == step)
    }
    #expect(optimizer.state["x"]?.step == 10)
  }

  @Test func groupsHaveTheirRates() {
    let (slow, fast) = (parameter([0]), parameter([0]))
    let optimizer = AdamW(
      groups: [
        ParameterGroup(name: "slow", parameters: [("a", slow)], learningRate: 0.001),
        ParameterGroup(name: "fast", parameters: [("b", fast)], learningRate: 0.1),
      ], weightDecay: 0)
    give([1], to: slow)
    give([1], to: fast)
    optimizer.step(learningRateFactor: 0.5)
    expect(slow, [-0.0005])
    expect(fast, [-0.05])
  }

  /// Decay is decoupled: it does not pass through the moments.
  @Test func decayIsProportionalToTheRate() {
    let x = parameter([2])
    let optimizer = AdamW(
      groups: [ParameterGroup(name: "all", parameters: [("x", x)], learningRate: 0.1)], weightDecay: 0.5)
    give([0], to: x)
    optimizer.step()
    expect(x, [2 * (1 - 0.1 * 0.5)])
    #expect(optimizer.state["x"]?.first.values == [0])
  }

  @Test func absentGradientsLeaveEverythingAlone() {
    let (x, y) = (parameter([1]), parameter([1]))
    let optimizer = AdamW(
      groups: [ParameterGroup(name: "all", parameters: [("x", x), ("y", y)], learningRate: 0.1)],
      weightDecay: 0.5)
    for _ in 0..<3 {
      give([1], to: x)
      optimizer.step()
    }
    #expect(y.value.values == [1] && y.version == 0 && optimizer.state["y"] == nil)
    // Its first step is a first step, with the correction of one.
    give([1], to: y)
    optimizer.step()
    expect(y, [1 * 0.95 - 0.1])
    #expect(optimizer.state["x"]?.step == 3 && optimizer.state["y"]?.step == 1)
  }

  /// A saved and restored optimizer goes on as if nothing had happened.
  @Test func stateRestores() {
    let (a, b) = (parameter([1, -1]), parameter([1, -1]))
    func make(_ parameter: Parameter) -> AdamW {
      AdamW(
        groups: [ParameterGroup(name: "all", parameters: [("x", parameter)], learningRate: 0.01)],
        weightDecay: 0.1)
    }
    let first = make(a)
    for step in 0..<6 {
      give([Float(step) - 2, 1], to: a)
      first.step()
    }
    var second = make(b)
    for step in 0..<6 {
      if step == 3 {
        let state = second.state
        second = make(b)
        second.state = state
      }
      give([Float(step) - 2, 1], to: b)
      second.step()
    }
    #expect(a.value.values == b.value.values)
  }
}
