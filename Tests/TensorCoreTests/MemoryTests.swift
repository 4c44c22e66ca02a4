import TensorCore
import Testing

/// Serialized: these watch the memory that the whole process has in use, and alone make large tensors.
@Suite(.serialized) struct MemoryTests {
  /// What an operation keeps goes as soon as the backward pass has used it, although the loss is still held.
  @Test func memoryFallsDuringThePass() {
    let size = 1 << 22
    let bytes = size * 4
    let x = Leaf(Tensor(repeating: 1, shape: [size]))
    let before = BufferPool.shared.liveBytes
    var v = x.variable
    for _ in 0..<6 { v = v.relu() }
    // Other suites run beside this one: their tensors are small.
    let slack = bytes / 2
    #expect(BufferPool.shared.liveBytes - before > 5 * bytes)
    v.backward(from: Tensor(repeating: 1, shape: [size]))
    // The last value, which `v` holds, and the leaf's gradient.
    #expect(BufferPool.shared.liveBytes - before < 2 * bytes + slack)
    #expect(x.gradient?.values.last == 1)
  }

  /// ReLU keeps its result, not its input: nothing keeps the values between two scalings.
  @Test func valuesThatNobodyNeedsGoDuringTheForwardPass() {
    let size = 1 << 22
    let x = Leaf(Tensor(repeating: 1, shape: [size]))
    let before = BufferPool.shared.liveBytes
    var v = x.variable
    for _ in 0..<8 { v = v.scaled(by: 1.5) }
    #expect(BufferPool.shared.liveBytes - before < 2 * size * 4)
    #expect(v.requiresGradient)
  }

  @Test func sumsLongTensorsInDouble() {
    // A running sum in single precision would stop at 2²⁴.
    #expect(Tensor(repeating: 1, shape: [40_000_000]).sum == 40_000_000)
  }
}
