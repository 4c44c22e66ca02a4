import TensorCore
import Testing

@Suite struct BackwardTests {
  @Test func gradientsOfSharedValuesAddUp() {
    // f = 2 x + 3 x over a diamond.
    let leaf = Leaf(Tensor([1, -1], shape: [2]))
    let x = leaf.variable
    let sum = x.scaled(by: 2).adding(x.scaled(by: 3))
    sum.weighted(by: Tensor([1, 10], shape: [2])).backward()
    #expect(leaf.gradient?.values == [5, 50])
  }

  @Test func nothingFlowsPastADetachedValue() {
    let leaf = Leaf(Tensor([1, 2], shape: [2]))
    let x = leaf.variable
    let sum = x.detached.scaled(by: 100).adding(x)
    sum.weighted(by: Tensor([1, 1], shape: [2])).backward()
    #expect(leaf.gradient?.values == [1, 1])
    #expect(!x.detached.requiresGradient)
  }

  @Test func constantsRecordNothing() {
    let x = Variable(Tensor([1, 2], shape: [2]))
    #expect(!x.relu().adding(x).requiresGradient)
  }

  @Test func memoryFallsAsTheBackwardPassGoes() {
    let leaf = Leaf(Tensor(repeating: 1, shape: [1 << 20]))
    var x = leaf.variable
    for _ in 0..<16 { x = x.relu() }
    let scalar = x.weighted(by: Tensor(repeating: 1, shape: [1 << 20]))
    x = scalar.detached
    let before = BufferPool.shared.liveBytes
    scalar.backward()
    // 16 activations of 4 MiB were recorded; what is left is the leaf's gradient.
    #expect(before - BufferPool.shared.liveBytes > 15 << 22)
    #expect(leaf.gradient?.values.first == 1)
  }

  @Test func tensorsAreValues() {
    let a = Tensor([1, 2, 3], shape: [3])
    var b = a
    b.add(Tensor([1, 1, 1], shape: [3]))
    #expect(a.values == [1, 2, 3])
    #expect(b.values == [2, 3, 4])
  }

  @Test func gatheredRowsGiveTheirGradientBack() {
    let leaf = Leaf(Tensor([1, 2, 3, 4, 5, 6], shape: [1, 3, 1, 2]))
    let rows = leaf.variable.gatheringRows([2, 0])
    #expect(rows.value.values == [5, 6, 1, 2])
    rows.weighted(by: Tensor([1, 2, 3, 4], shape: [4])).backward()
    #expect(leaf.gradient?.values == [3, 4, 0, 0, 1, 2])
  }
}
