import TensorCore
import Testing

@Suite struct ElementwiseTests {
  private static let fixture = Fixture.load("elementwise")

  @Test func reluMatchesPyTorch() {
    let fixture = Self.fixture["relu"]
    let x = Leaf(fixture.tensor("input"))
    let out = x.variable.relu()
    expectClose(out.value, fixture.tensor("output"), Tolerance.exact)
    expectGradients(of: out, from: fixture, Tolerance.exact, [("input_gradient", x)])
  }

  /// As in PyTorch the slope at 0 is 0.
  @Test func reluAtZero() {
    let x = Leaf(Tensor([-1, -0.0, 0, 0x1p-120, 2], shape: [5]))
    let out = x.variable.relu()
    #expect(out.value.values == [0, 0, 0, 0x1p-120, 2])
    out.backward(from: Tensor(repeating: 3, shape: [5]))
    #expect(x.gradient?.values == [0, 0, 0, 3, 3])
  }

  @Test func sigmoidMatchesPyTorch() {
    let fixture = Self.fixture["sigmoid"]
    expectClose(
      Variable(fixture.tensor("input")).sigmoid(), fixture.tensor("output"), Tolerance.accumulated)
  }

  @Test func sumsMatchPyTorch() {
    let fixture = Self.fixture["sum"]
    let (a, b) = (Leaf(fixture.tensor("first")), Leaf(fixture.tensor("second")))
    let factor = fixture.number("factor")
    let out = a.variable.adding(b.variable.scaled(by: factor))
    expectClose(out.value, fixture.tensor("output"), Tolerance.rounding)
    expectGradients(
      of: out, from: fixture, Tolerance.rounding, [("first_gradient", a), ("second_gradient", b)])
    var inPlace = a.value
    inPlace.add(b.value, factor: factor)
    expectClose(inPlace, fixture.tensor("output"), Tolerance.rounding)
    #expect(
      a.value.values == fixture.tensor("first").values, "adding in place changed another holder's values")
  }

  @Test func movingAverageMatchesPyTorch() {
    let fixture = Self.fixture["average"]
    var average = fixture.tensor("first")
    average.moveAverage(toward: fixture.tensor("second"), decay: fixture.number("decay"))
    expectClose(average, fixture.tensor("output"), Tolerance.rounding)
  }

  @Test func concatenationMatchesPyTorch() {
    let fixture = Self.fixture["concatenation"]
    let parts = (0..<3).map { Leaf(fixture.tensor("part\($0)")) }
    let out = Variable.concatenated(parts.map(\.variable))
    expectClose(out.value, fixture.tensor("output"), Tolerance.exact)
    expectGradients(
      of: out, from: fixture, Tolerance.exact, parts.enumerated().map { ("gradient\($0.offset)", $0.element) }
    )
  }

  @Test func concatenationSkipsConstants() {
    let (a, b) = (Leaf(.sample([1, 1, 2, 2], seed: 1)), Tensor.sample([1, 1, 2, 1], seed: 2))
    let out = Variable.concatenated([Variable(b), a.variable])
    #expect(
      out.value.values == [b.values[0], a.value.values[0], a.value.values[1], b.values[1]]
        + a.value.values[2...])
    out.backward(from: Tensor([1, 2, 3, 4, 5, 6], shape: [1, 1, 2, 3]))
    #expect(a.gradient?.values == [2, 3, 5, 6])
  }

  @Test func gatherMatchesPyTorch() {
    let fixture = Self.fixture["gather"]
    let x = Leaf(fixture.tensor("input"))
    let out = x.variable.gatheringRows(fixture.integers("rows"))
    expectClose(out.value, fixture.tensor("output"), Tolerance.exact)
    expectGradients(of: out, from: fixture, Tolerance.exact, [("input_gradient", x)])
  }

  @Test func reshapedValuesAndGradientsKeepTheirOrder() {
    let x = Leaf(.sample([2, 3, 1, 2], seed: 6))
    let out = x.variable.reshaped(to: [6, 2])
    #expect(out.shape == [6, 2])
    #expect(out.value.values == x.value.values)
    let upstream = Tensor.sample([6, 2], seed: 7)
    out.backward(from: upstream)
    #expect(x.gradient?.shape == x.value.shape)
    #expect(x.gradient?.values == upstream.values)
  }

  @Test func gatheringNothing() {
    let x = Leaf(.sample([1, 2, 2, 3], seed: 3))
    let out = x.variable.gatheringRows([])
    #expect(out.shape == [0, 3])
    out.backward(from: out.value)
    #expect(x.gradient?.values == [Float](repeating: 0, count: 12))
  }

  @Test func productMatchesPyTorch() {
    let fixture = Self.fixture["product"]
    let (a, b) = (Leaf(fixture.tensor("first")), Leaf(fixture.tensor("second")))
    let out = a.variable.matrixProduct(b.variable)
    expectClose(out.value, fixture.tensor("output"), Tolerance.accumulated)
    expectGradients(
      of: out, from: fixture, Tolerance.accumulated, [("first_gradient", a), ("second_gradient", b)])
  }

  @Test func productsWithTransposedSides() {
    let a = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
    let b = Tensor([1, 0, 2, -1, 3, 1], shape: [2, 3])
    #expect(a.matrixProduct(b, transposeOther: true).values == [7, 8, 16, 17])
    #expect(a.matrixProduct(b, transposeSelf: true).values == [-3, 12, 6, -3, 15, 9, -3, 18, 12])
  }

  @Test func gradientsAreTheSlopes() {
    // Multiples of 1/8 moved by 1/32: the step stays clear of the kink.
    let x = Tensor((0..<24).map { Float($0 * 7 % 24 - 12) / 8 + 1 / 32 }, shape: [1, 2, 3, 4])
    checkGradients(at: [x]) { $0[0].relu() }
    checkGradients(at: [x, x]) { $0[0].adding($0[1].scaled(by: -3)) }
    checkGradients(at: [x, x.scaled(by: 2)]) { Variable.concatenated([$0[1], $0[0]]) }
    checkGradients(at: [x]) { $0[0].gatheringRows([5, 1]) }
    checkGradients(at: [.sample([3, 4], seed: 4), .sample([4, 2], seed: 5)]) { $0[0].matrixProduct($0[1]) }
  }

  @Test func countsWhatIsNotFinite() {
    let values: [Float] = [
      0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.nan, .leastNonzeroMagnitude,
    ]
    #expect(Tensor(values, shape: [7]).nonFiniteCount == 4)
  }
}
