import TensorCore
import Testing

@Suite struct BackwardTests {
  @Test func usesOfALeafAddUp() {
    let x = Leaf(Tensor([1, 2], shape: [2]))
    let v = x.variable
    let out = v.adding(v.scaled(by: 3)).adding(v)
    out.backward(from: Tensor([1, 10], shape: [2]))
    #expect(x.gradient?.values == [5, 50])
    // The three uses share one node: one hand-over.
    #expect(x.receivedCount == 1)
  }

  @Test func separateVariablesOfOneLeafAddUp() {
    let x = Leaf(Tensor([1], shape: [1]))
    x.variable.adding(x.variable.scaled(by: 2)).backward()
    #expect(x.gradient?.values == [3])
    #expect(x.receivedCount == 2)
    x.variable.scaled(by: 4).backward()
    #expect(x.gradient?.values == [7])
  }

  /// a → b → d and a → c → d, twice over: every node is run once, after all of its users.
  @Test func diamonds() {
    let x = Leaf(Tensor([1], shape: [1]))
    var v = x.variable
    for _ in 0..<20 { v = v.scaled(by: 0.5).adding(v.scaled(by: 2).adding(v)) }
    v.backward()
    var expected: Float = 1
    for _ in 0..<20 { expected *= 3.5 }
    expectClose(x.gradient?.values ?? [], [expected], Tolerance.accumulated)
    #expect(x.receivedCount == 1)
  }

  /// A short and a long way to the same leaf: the long one must be finished first.
  @Test func longAndShortWay() {
    let x = Leaf(Tensor([2], shape: [1]))
    let v = x.variable
    var long = v
    for _ in 0..<5000 { long = long.scaled(by: 1) }
    v.adding(long).backward()
    #expect(x.gradient?.values == [2])
  }

  @Test func nothingFlowsPastADetachedValue() {
    let (x, y) = (Leaf(Tensor([3], shape: [1])), Leaf(Tensor([5], shape: [1])))
    let cut = x.variable.scaled(by: 2).detached
    #expect(!cut.requiresGradient)
    #expect(cut.value.values == [6])
    cut.adding(y.variable).backward()
    #expect(x.gradient == nil)
    #expect(y.gradient?.values == [1])
  }

  @Test func constantsRecordNothing() {
    let constant = Variable(Tensor([1], shape: [1])).scaled(by: 2).relu()
    #expect(!constant.requiresGradient)
    constant.backward()
  }

  @Test func gradientsOfTwoHoldersAreNotShared() {
    // `adding` hands the same tensor to both inputs; changing one gradient must not change the other.
    let (x, y) = (Leaf(Tensor([1], shape: [1])), Leaf(Tensor([1], shape: [1])))
    let (a, b) = (x.variable, y.variable)
    a.adding(b).adding(a).backward()
    #expect(x.gradient?.values == [2])
    #expect(y.gradient?.values == [1])
  }

  @Test func aSecondCallFindsNothing() {
    let x = Leaf(Tensor([1], shape: [1]))
    let out = x.variable.scaled(by: 2)
    out.backward()
    out.backward()
    #expect(x.gradient?.values == [2])
  }
}
