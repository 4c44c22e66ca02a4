import TensorCore
import Testing

@Suite struct CrossEntropyTests {
  private static let cases = Fixture.load("cross_entropy").cases

  private static func loss(_ fixture: Fixture.Case, _ scores: Variable) -> Variable {
    let labels = fixture.labels("labels")
    guard fixture.name.hasPrefix("binary") else { return scores.crossEntropy(labels, ignoreLabel: 255) }
    return scores.binaryCrossEntropy(labels, negativeWeight: fixture.number("negative_weight"))
  }

  @Test(arguments: cases) func matchesPyTorch(_ fixture: Fixture.Case) {
    let x = Leaf(fixture.tensor("input"))
    let loss = Self.loss(fixture, x.variable)
    expectClose([loss.value.scalar], fixture.tensor("loss").values, Tolerance.accumulated)
    loss.backward()
    expectClose(x.gradient?.values ?? [], fixture.tensor("input_gradient").values, Tolerance.accumulated)
    // Without a wish for gradients another branch of the kernel runs.
    #expect(Self.loss(fixture, Variable(x.value)).value.scalar == loss.value.scalar)
  }

  @Test func byHand() {
    // Softmax of (0, ln 3) is (1/4, 3/4).
    let x = Leaf(Tensor([0, 1.0986123, 0, 1.0986123, 5, -5], shape: [1, 1, 3, 2]))
    let loss = x.variable.crossEntropy(LabelTensor([0, 1, 255], shape: [1, 1, 3]), ignoreLabel: 255)
    expectClose([loss.value.scalar], [(1.3862944 + 0.28768207) / 2], Tolerance.rounding)
    loss.backward()
    expectClose(x.gradient?.values ?? [], [-0.375, 0.375, 0.125, -0.125, 0, 0], Tolerance.rounding)
  }

  @Test func binaryByHand() {
    let x = Leaf(Tensor([0, 1.0986123, 100, -100], shape: [1, 2, 2, 1]))
    let targets = LabelTensor([1, 0, 0, 255], shape: [1, 2, 2])
    let loss = x.variable.binaryCrossEntropy(targets, negativeWeight: 2)
    expectClose([loss.value.scalar], [(0.6931472 + 2 * 1.3862944 + 2 * 100) / 3], Tolerance.rounding)
    loss.backward()
    expectClose(x.gradient?.values ?? [], [-0.5 / 3, 2 * 0.75 / 3, 2.0 / 3, 0], Tolerance.rounding)
  }

  @Test func everythingIgnored() {
    let x = Leaf(.sample([1, 2, 2, 3], seed: 1))
    let loss = x.variable.crossEntropy(LabelTensor([7, 7, 7, 7], shape: [1, 2, 2]), ignoreLabel: 7)
    #expect(loss.value.scalar == 0)
    loss.backward()
    #expect(x.gradient?.values == [Float](repeating: 0, count: 12))
    let y = Leaf(.sample([1, 2, 2, 1], seed: 2))
    let binary = y.variable.binaryCrossEntropy(LabelTensor([255, 2, 3, 255], shape: [1, 2, 2]))
    #expect(binary.value.scalar == 0)
    binary.backward()
    #expect(y.gradient?.values == [0, 0, 0, 0])
  }

  /// The ignore label may be a class's number too: a data set may leave out class 0.
  @Test func ignoreLabelWithinTheClasses() {
    let x = Tensor([1, 0, 1, 0], shape: [1, 1, 2, 2])
    let loss = Variable(x).crossEntropy(LabelTensor([0, 1], shape: [1, 1, 2]), ignoreLabel: 0)
    expectClose([loss.value.scalar], [1.3132616], Tolerance.rounding)
  }

  @Test func hugeScoresStayFinite() {
    let x = Leaf(Tensor([3e4, -3e4, 0], shape: [1, 1, 1, 3]))
    let loss = x.variable.crossEntropy(LabelTensor([1], shape: [1, 1, 1]), ignoreLabel: 255)
    #expect(loss.value.scalar == 6e4)
    loss.backward()
    expectClose(x.gradient?.values ?? [], [1, -1, 0], Tolerance.rounding)
  }

  @Test func weightScalesTheGradient() {
    let (a, b) = (Leaf(.sample([1, 3, 3, 4], seed: 3)), Leaf(.sample([1, 3, 3, 4], seed: 3)))
    let labels = LabelTensor([0, 1, 2, 3, 255, 0, 1, 2, 3], shape: [1, 3, 3])
    a.variable.crossEntropy(labels, ignoreLabel: 255).backward()
    b.variable.crossEntropy(labels, ignoreLabel: 255).scaled(by: 0.25).backward()
    expectClose(b.gradient?.values ?? [], (a.gradient?.values ?? []).map { $0 / 4 }, Tolerance.rounding)
  }

  @Test(arguments: [(3, 4), (9, 7), (1, 1), (2, 2)]) func gradientsAreTheSlopes(height: Int, width: Int) {
    var labels = (0..<height * width).map { UInt8($0 % 3) }
    labels[0] = 255
    labels.append(0)
    labels.append(contentsOf: labels.prefix(height * width - 1))
    let target = LabelTensor(labels, shape: [2, height, width])
    checkGradients(at: [.sample([2, 3, 4, 3], seed: 4)]) { $0[0].crossEntropy(target, ignoreLabel: 255) }
    let binary = LabelTensor(labels.map { $0 == 2 ? 255 : $0 }, shape: [2, height, width])
    checkGradients(at: [.sample([2, 3, 4, 1], seed: 5)]) {
      $0[0].binaryCrossEntropy(binary, negativeWeight: 3, positiveWeight: 0.5)
    }
  }

  /// The fused loss equals resize, then the loss at one size.
  @Test func fusedEqualsResizedFirst() {
    let x = Tensor.sample([2, 16, 16, 21], seed: 6)
    var generator = SeededGenerator(seed: 7)
    let labels = LabelTensor(
      (0..<2 * 61 * 53).map { _ in UInt8.random(in: 0..<21, using: &generator) }, shape: [2, 61, 53])
    let (fused, plain) = (Leaf(x), Leaf(x))
    let a = fused.variable.crossEntropy(labels, ignoreLabel: 255)
    let b = plain.variable.resized(height: 61, width: 53).crossEntropy(labels, ignoreLabel: 255)
    expectClose([a.value.scalar], [b.value.scalar], Tolerance.accumulated)
    a.backward()
    b.backward()
    expectClose(fused.gradient?.values ?? [], plain.gradient?.values ?? [], Tolerance.accumulated)
  }
}
