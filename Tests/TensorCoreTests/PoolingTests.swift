import TensorCore
import Testing

@Suite struct PoolingTests {
  private static let cases = Fixture.load("pooling").cases

  @Test func maximumByHand() {
    let x = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1])
    #expect(Variable(x).maxPooled(kernel: 3, stride: 2, padding: 1).value.values == [5, 6, 8, 9])
    // Padding is not a zero.
    let negative = Tensor([-4, -3, -2, -1], shape: [1, 2, 2, 1])
    #expect(Variable(negative).maxPooled(kernel: 3, stride: 2, padding: 1).value.values == [-1])
  }

  /// More channels than are compared at once; with and without the places of the maxima.
  @Test func manyChannelsAgreeWithThePlainMaximum() {
    let x = Tensor.sample([1, 5, 4, 150], seed: 8)
    let plain = (0..<3 * 2 * 150).map { index -> Float in
      let (y, column, channel) = (index / 300, index / 150 % 2, index % 150)
      let rows = max(0, 2 * y - 1)..<min(5, 2 * y + 2)
      let columns = max(0, 2 * column - 1)..<min(4, 2 * column + 2)
      return rows.flatMap { row in columns.map { x.values[(row * 4 + $0) * 150 + channel] } }.max() ?? 0
    }
    #expect(Variable(x).maxPooled(kernel: 3, stride: 2, padding: 1).value.values == plain)
    #expect(Leaf(x).variable.maxPooled(kernel: 3, stride: 2, padding: 1).value.values == plain)
  }

  /// Of equal values the first wins, as in PyTorch, and alone gets the gradient.
  @Test func firstOfEqualsGetsTheGradient() {
    let x = Leaf(Tensor(repeating: 7, shape: [1, 2, 2, 1]))
    x.variable.maxPooled(kernel: 2, stride: 2, padding: 0).backward(from: Tensor([3], shape: [1, 1, 1, 1]))
    #expect(x.gradient?.values == [3, 0, 0, 0])
  }

  @Test(arguments: cases.filter { $0.name.hasPrefix("max_") }) func maximumMatchesPyTorch(
    _ fixture: Fixture.Case
  ) {
    let x = Leaf(fixture.tensor("input"))
    let out = x.variable.maxPooled(
      kernel: fixture.integer("kernel"), stride: fixture.integer("stride"),
      padding: fixture.integer("padding"))
    expectClose(out.value, fixture.tensor("output"), Tolerance.exact)
    expectGradients(of: out, from: fixture, Tolerance.rounding, [("input_gradient", x)])
  }

  @Test(arguments: cases.filter { $0.name.hasPrefix("average_") })
  func averageMatchesPyTorch(_ fixture: Fixture.Case) {
    let x = Leaf(fixture.tensor("input"))
    let out = x.variable.globalAveragePooled()
    expectClose(out.value, fixture.tensor("output"), Tolerance.accumulated)
    expectGradients(of: out, from: fixture, Tolerance.rounding, [("input_gradient", x)])
  }

  @Test func gradientsAreTheSlopes() {
    // No two values closer than the step of the differences: a maximum has no slope at a tie.
    var generator = SeededGenerator(seed: 8)
    let spread = Tensor((0..<60).shuffled(using: &generator).map { Float($0) / 8 }, shape: [1, 5, 4, 3])
    checkGradients(at: [spread]) { $0[0].maxPooled(kernel: 3, stride: 2, padding: 1) }
    checkGradients(at: [.sample([2, 3, 3, 2], seed: 9)]) { $0[0].globalAveragePooled() }
  }
}
