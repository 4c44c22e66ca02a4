import TensorCore
import Testing

@Suite struct DropoutTests {
  /// Long enough that the loop is split over several ranges.
  private static let count = 400_000

  private func dropped(_ x: Tensor, _ probability: Float, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return Variable(x).dropout(probability: probability, using: &generator).value.values
  }

  @Test(arguments: [Float(0.1), 0.5, 0.9]) func dropsAtTheRateAndKeepsTheMean(probability: Float) {
    let out = dropped(Tensor(repeating: 2, shape: [Self.count]), probability, seed: 7)
    let scale = 2 / (1 - probability)
    #expect(out.allSatisfy { $0 == 0 || ($0 - scale).magnitude <= Tolerance.rounding * scale })
    let rate = Double(out.count { $0 == 0 }) / Double(Self.count)
    // Five standard deviations of a binomial share.
    let p = Double(probability)
    let allowed = 5 * (p * (1 - p) / Double(Self.count)).squareRoot()
    #expect((rate - p).magnitude < allowed, "dropped \(rate)")
  }

  @Test func neighboursAreIndependent() {
    let out = dropped(Tensor(repeating: 1, shape: [Self.count]), 0.5, seed: 11)
    for lag in [1, 2, 64, 256] {
      let both = (lag..<Self.count).count { out[$0] == 0 && out[$0 - lag] == 0 }
      let share = Double(both) / Double(Self.count - lag)
      // Five standard deviations of a share of one quarter.
      #expect(
        (share - 0.25).magnitude < 5 * (0.1875 / Double(Self.count)).squareRoot(), "lag \(lag): \(share)")
    }
  }

  @Test func repeatsWithTheSeedAndChangesWithEveryCall() {
    let x = Tensor(repeating: 1, shape: [1000])
    #expect(dropped(x, 0.5, seed: 3) == dropped(x, 0.5, seed: 3))
    #expect(dropped(x, 0.5, seed: 3) != dropped(x, 0.5, seed: 4))
    var generator = SeededGenerator(seed: 3)
    let first = Variable(x).dropout(probability: 0.5, using: &generator).value.values
    let second = Variable(x).dropout(probability: 0.5, using: &generator).value.values
    #expect(first != second)
  }

  @Test func gradientUsesTheSameMask() {
    let x = Leaf(Tensor(repeating: 1, shape: [2, 100, 100, 8]))
    var generator = SeededGenerator(seed: 5)
    let out = x.variable.dropout(probability: 0.3, using: &generator)
    out.backward(from: Tensor(repeating: 1, shape: out.shape))
    #expect(x.gradient?.values == out.value.values)
  }

  @Test func zeroProbabilityDrawsNothing() {
    var generator = SeededGenerator(seed: 5)
    let before = generator
    let x = Tensor.sample([7], seed: 1)
    #expect(Variable(x).dropout(probability: 0, using: &generator).value.values == x.values)
    #expect(generator == before)
  }
}
