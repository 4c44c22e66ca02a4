import Foundation
import Synchronization
import TensorCore
import Testing

@Suite struct ConvolutionTests {
  private static let fixture = Fixture.load("convolution")

  private func geometry(_ fixture: Fixture.Case) -> ConvolutionGeometry {
    ConvolutionGeometry(
      stride: fixture.integer("stride"), padding: fixture.integer("padding"),
      dilation: fixture.integer("dilation"))
  }

  @Test func sumsTheWindowByHand() {
    let image = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1])
    let weights = Tensor([1, 10, 100, 1000], shape: [1, 1, 2, 2])
    let plain = Variable(image).convolution(weights: Variable(weights))
    // Top left weighs 1, bottom right 1000: cross-correlation, the kernel is not flipped.
    #expect(plain.value.values == [5421, 6532, 8754, 9865])
    let padded = Variable(image).convolution(
      weights: Variable(weights), bias: Variable(Tensor([0.5], shape: [1])),
      geometry: ConvolutionGeometry(stride: 2, padding: 1))
    #expect(padded.value.values == [1000.5, 3200.5, 7040.5, 9865.5])
  }

  @Test func outputSizes() {
    #expect(ConvolutionGeometry(stride: 2, padding: 3).outputSize(505, kernel: 7) == 253)
    #expect(ConvolutionGeometry(padding: 18, dilation: 18).outputSize(32, kernel: 3) == 32)
    #expect(ConvolutionGeometry().outputSize(3, kernel: 3) == 1)
  }

  @Test(arguments: fixture.cases) func matchesPyTorch(_ fixture: Fixture.Case) {
    let input = Leaf(fixture.tensor("input"))
    let weights = Leaf(fixture.tensor("weights"))
    let bias = fixture.has("bias") ? Leaf(fixture.tensor("bias")) : nil
    let packed = PackedWeights()
    // The second round finds the reordered weights in the cache.
    for _ in 0..<2 {
      let out = Variable(input.value).convolution(
        weights: Variable(weights.value), bias: bias.map { Variable($0.value) }, geometry: geometry(fixture),
        packed: packed)
      #expect(!out.requiresGradient)
      expectClose(out.value, fixture.tensor("output"), Tolerance.accumulated)
    }
    let out = input.variable.convolution(
      weights: weights.variable, bias: bias?.variable, geometry: geometry(fixture), packed: packed)
    expectClose(out.value, fixture.tensor("output"), Tolerance.accumulated)
    var leaves = [("input_gradient", input), ("weights_gradient", weights)]
    if let bias { leaves.append(("bias_gradient", bias)) }
    expectGradients(of: out, from: fixture, Tolerance.accumulated, leaves)
  }

  @Test(arguments: fixture.cases, [false, true])
  func fusesResidualAndRelu(_ fixture: Fixture.Case, relu: Bool) {
    let residual = fixture.tensor("residual")
    let fused = fixture.tensor("input").fusedConvolution(
      weights: fixture.tensor("weights"), bias: fixture.has("bias") ? fixture.tensor("bias") : nil,
      geometry: geometry(fixture), residual: residual, relu: relu)
    var expected = fixture.tensor("output")
    expected.add(residual)
    expectClose(fused, relu ? Variable(expected).relu().value : expected, Tolerance.accumulated)
    #expect(residual.values == fixture.tensor("residual").values, "the residual was written to")
  }

  @Test(arguments: [
    ConvolutionGeometry(), ConvolutionGeometry(stride: 2, padding: 1),
    ConvolutionGeometry(padding: 2, dilation: 2), ConvolutionGeometry(padding: 6, dilation: 6),
  ]) func gradientsAreTheSlopes(_ geometry: ConvolutionGeometry) {
    checkGradients(at: [
      .sample([1, 5, 4, 2], seed: 1), .sample([3, 2, 3, 3], seed: 2), .sample([3], seed: 3),
    ]) { $0[0].convolution(weights: $0[1], bias: $0[2], geometry: geometry) }
  }

  /// A strided 1×1 window over channels that do not fill a vector: oneDNN's own kernel gives another result each time,
  /// depending on what its working memory held before.
  @Test(arguments: [3, 4, 8, 12, 16]) func stridedPointwiseGradientsAreRepeatable(channels: Int) {
    let image = Tensor.sample([2, 8, 8, channels], seed: 21)
    let upstream = Tensor.sample([2, 4, 4, 8], seed: 22)
    var expected = [Float](repeating: 0, count: 8 * channels)
    for pixel in 0..<32 {
      let (n, y, x) = (pixel / 16, pixel / 4 % 4, pixel % 4)
      let source = ((n * 8 + 2 * y) * 8 + 2 * x) * channels
      for output in 0..<8 {
        for channel in 0..<channels {
          expected[output * channels + channel] +=
            upstream.values[pixel * 8 + output] * image.values[source + channel]
        }
      }
    }
    for _ in 0..<20 {
      let weights = Leaf(.sample([8, channels, 1, 1], seed: 23))
      let out = Variable(image).convolution(
        weights: weights.variable, geometry: ConvolutionGeometry(stride: 2))
      out.backward(from: upstream)
      expectClose(weights.gradient?.values ?? [], expected, Tolerance.accumulated)
      // Other work leaves its traces in the pooled working memory.
      let other = Tensor.sample([1, 16, 16, 32], seed: 24)
      let leaf = Leaf(.sample([32, 32, 1, 1], seed: 25))
      let result = Variable(other).convolution(
        weights: leaf.variable, geometry: ConvolutionGeometry(stride: 2))
      result.backward(from: result.value)
    }
  }

  @Test func gradientsOnlyWhereWanted() {
    let weights = Leaf(.sample([2, 3, 1, 1], seed: 4))
    let image = Tensor.sample([1, 2, 2, 3], seed: 5)
    let out = Variable(image).convolution(weights: weights.variable)
    out.backward(from: Tensor(repeating: 1, shape: out.shape))
    let sums = (0..<3).map { channel in (0..<4).reduce(Float(0)) { $0 + image.values[$1 * 3 + channel] } }
    #expect(weights.gradient?.values == sums + sums)
    // Only the bias wants a gradient.
    let bias = Leaf(Tensor(zeros: [2]))
    let biased = Variable(image).convolution(weights: Variable(weights.value), bias: bias.variable)
    biased.backward(from: Tensor(repeating: 0.5, shape: biased.shape))
    #expect(bias.gradient?.values == [2, 2])
  }

  /// A kernel that one thread made is run by new ones, all at once: tasks move between threads. The weights' gradient
  /// of these odd sizes needs working memory, which must not be the first thread's.
  @Test func kernelsMoveBetweenThreads() {
    let geometry = ConvolutionGeometry(padding: 2, dilation: 2)
    let (image, weights) = (Tensor.sample([1, 9, 11, 5], seed: 6), Tensor.sample([21, 5, 3, 3], seed: 7))
    let bias = Tensor.sample([21], seed: 8)
    @Sendable func run() -> [Float] {
      let leaves = [Leaf(image), Leaf(weights), Leaf(bias)]
      let out = leaves[0].variable.convolution(
        weights: leaves[1].variable, bias: leaves[2].variable, geometry: geometry)
      out.backward(from: out.value)
      let fused = image.fusedConvolution(weights: weights, bias: bias, geometry: geometry, relu: true)
      return fused.values + out.value.values + leaves.flatMap { $0.gradient?.values ?? [] }
    }
    let expected = run()
    let results = Mutex<[[Float]]>([])
    let done = DispatchSemaphore(value: 0)
    let count = 8
    for _ in 0..<count {
      Thread.detachNewThread {
        let result = run()
        results.withLock { $0.append(result) }
        done.signal()
      }
    }
    for _ in 0..<count { done.wait() }
    for result in results.withLock({ $0 }) { expectClose(result, expected, Tolerance.accumulated) }
  }
}
