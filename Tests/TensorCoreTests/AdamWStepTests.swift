import Glibc
import TensorCore
import Testing

@Suite struct AdamWStepTests {
  @Test(arguments: Fixture.load("adamw").cases) func matchesPyTorch(_ fixture: Fixture.Case) {
    var parameter = fixture.tensor("start")
    var first = Tensor(zeros: parameter.shape)
    var second = first
    let (gradients, history) = (fixture.tensor("gradients").values, fixture.tensor("history").values)
    let count = parameter.count
    for step in 0..<5 {
      let range = step * count..<(step + 1) * count
      AdamWStep(
        learningRate: fixture.number("rate"), beta1: fixture.number("beta1"), beta2: fixture.number("beta2"),
        epsilon: fixture.number("epsilon"), weightDecay: fixture.number("decay"),
        correction1: 1 - pow(fixture.number("beta1"), Float(step + 1)),
        correction2: 1 - pow(fixture.number("beta2"), Float(step + 1))
      ).apply(
        to: &parameter, gradient: Tensor(Array(gradients[range]), shape: parameter.shape), first: &first,
        second: &second)
      expectClose(parameter.values, Array(history[range]), Tolerance.accumulated, "step \(step + 1)")
    }
  }

  /// The first step is rate · sign(g), whatever the gradient's size, after the decay.
  @Test func firstStepByHand() {
    var parameter = Tensor([1, 1, 1], shape: [3])
    var (first, second) = (Tensor(zeros: [3]), Tensor(zeros: [3]))
    AdamWStep(
      learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 0, weightDecay: 0.5, correction1: 0.1,
      correction2: 0.01
    ).apply(to: &parameter, gradient: Tensor([1000, -0.001, 2], shape: [3]), first: &first, second: &second)
    expectClose(parameter.values, [0.85, 1.05, 0.85], Tolerance.accumulated)
    expectClose(first.values, [100, -0.0001, 0.2], Tolerance.accumulated)
  }

  @Test func leavesOtherHoldersAlone() {
    let held = Tensor([1, 2], shape: [2])
    var (parameter, first, second) = (held, Tensor(zeros: [2]), Tensor(zeros: [2]))
    AdamWStep(
      learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, correction1: 0.1,
      correction2: 0.01
    ).apply(to: &parameter, gradient: held, first: &first, second: &second)
    #expect(held.values == [1, 2])
    #expect(parameter.values != [1, 2])
  }
}
