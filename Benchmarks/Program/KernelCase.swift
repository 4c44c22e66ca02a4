import CVectorKernels
import Foundation
import MachinePeaks
import NeuralNetwork
import TensorCore

/// Case (g): element-wise operations by the bytes that they must move, beside a plain copy.
struct KernelCase: Encodable {
  let operation: String
  let seconds: Double
  /// Read and written, each array once.
  let bytes: Int
  let bytesPerSecond: Double

  /// 2 × 128 × 128 × 256: the decoder's activations at 512×512.
  private static let shape: Shape = [2, 128, 128, 256]

  static func measureAll() -> [KernelCase] {
    var generator = SeededGenerator(seed: 1)
    let x = Tensor((0..<shape.elementCount).map { _ in generator.nextUniform(in: -1...1) }, shape: shape)
    let y = x.scaled(by: 0.5)
    let size = 4 * x.count
    let ones = Tensor(repeating: 1, shape: [256])
    let zeros = Tensor(zeros: [256])
    let leaf = Variable(leaf: x) { _ in }
    var results = [
      measure("add", bytes: 3 * size) { _ = Variable(x).adding(Variable(y)) },
      measure("relu", bytes: 2 * size) { _ = Variable(x).relu() },
      measure("dropout", bytes: 2 * size) {
        var generator = SeededGenerator(seed: 1)
        _ = Variable(x).dropout(probability: 0.5, using: &generator)
      },
      measure("batch normalisation, forward", bytes: 3 * size) {
        _ = Variable(x).batchNormalized(
          scale: Variable(ones), shift: Variable(zeros), epsilon: 1e-5, relu: true)
      },
      measure("batch normalisation, forward and backward", bytes: 10 * size) {
        let result = leaf.batchNormalized(
          scale: Variable(leaf: ones) { _ in }, shift: Variable(leaf: zeros) { _ in }, epsilon: 1e-5,
          relu: true)
        result.result.backward(from: y)
      },
      measure("resize ×4", bytes: size / 16 + size) {
        _ = Tensor(zeros: [2, 32, 32, 256]).resized(height: 128, width: 128, alignment: .corners)
      },
      measure("softmax, label, entropy of 21 classes", bytes: 4 * 2 * 512 * 512 * 23) {
        _ = classScores.softmaxStatistics()
      },
      measure("AdamW", bytes: 7 * size) { adamW.run() },
    ]
    let copy = peak_copy(2, 1)
    results.append(KernelCase(operation: "copy", seconds: 0, bytes: 0, bytesPerSecond: copy))
    return results
  }

  private static let classScores = Tensor(repeating: 0.5, shape: [2, 512, 512, 21])
  nonisolated(unsafe) private static let adamW = OptimizerRun(count: shape.elementCount)

  /// Median of eleven repetitions.
  private static func measure(_ operation: String, bytes: Int, _ body: () -> Void) -> KernelCase {
    let seconds = (0..<11).map { _ in
      let start = ContinuousClock.now
      body()
      return start.duration(to: .now) / .seconds(1)
    }.sorted()[5]
    return KernelCase(
      operation: operation, seconds: seconds, bytes: bytes, bytesPerSecond: Double(bytes) / seconds)
  }
}

/// One parameter and its optimizer.
private final class OptimizerRun {
  private let parameter: Parameter
  private let gradient: Tensor
  private let optimizer: AdamW

  init(count: Int) {
    parameter = Parameter(Tensor(repeating: 1, shape: [count]))
    gradient = Tensor(repeating: 0.1, shape: [count])
    optimizer = AdamW(
      groups: [ParameterGroup(name: "all", parameters: [("x", parameter)], learningRate: 1e-3)],
      weightDecay: 1e-5)
  }

  func run() {
    parameter.gradient = gradient
    optimizer.step()
  }
}

/// What the machine can do, and what the libraries take it for.
struct MachineReport: Encodable {
  let threads: Int
  let multiplyAddsPerSecond: Double
  let byteProductsPerSecond: Double
  let copyBytesPerSecond: Double
  let openBLASCore = MathRuntime.openBLASCore
  let oneDNNVersion = MathRuntime.oneDNNVersion

  init(threads: Int) {
    self.threads = threads
    multiplyAddsPerSecond = peak_multiply_adds(Int32(threads), 2)
    byteProductsPerSecond = peak_byte_products(Int32(threads), 2)
    copyBytesPerSecond = peak_copy(Int32(threads), 2)
  }
}
