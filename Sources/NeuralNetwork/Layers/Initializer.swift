import Glibc
import TensorCore

/// How the weights of a convolution start.
package enum Initializer: Sendable {
  /// N(0, √(2 / (k · k · out))): the encoders of the authors' program.
  case normalFanOut
  /// Kaiming normal, fan in, gain √2: ASPP and decoders. *Source*: He et al., arXiv 1502.01852.
  case kaimingNormal
  /// PyTorch's default for convolutions: uniform within ±1 / √fan-in, biases too.
  case uniformFanIn

  @TaskLocal private static var drawsValues = true

  /// Builds layers whose values a reader will fill: their weights and biases are left as the memory was, which for
  /// a ResNet-50 with ELN saves seconds and every page that would be written twice.
  package static func withoutValues<Layers>(_ build: () throws -> Layers) rethrows -> Layers {
    try $drawsValues.withValue(false, operation: build)
  }

  /// *Shape*: `[O, I, KH, KW]`.
  func weights(_ shape: Shape, using generator: inout SeededGenerator) -> Tensor {
    guard Self.drawsValues else { return Tensor(uninitialized: shape) }
    let window = shape[2] * shape[3]
    let fanIn = Float(shape[1] * window)
    switch self {
    case .normalFanOut:
      return .normal(shape, deviation: (2 / Float(window * shape[0])).squareRoot(), using: &generator)
    case .kaimingNormal:
      return .normal(shape, deviation: (2 / fanIn).squareRoot(), using: &generator)
    case .uniformFanIn:
      return .uniform(shape, bound: 1 / fanIn.squareRoot(), using: &generator)
    }
  }

  /// Biases exist only beside `uniformFanIn` weights.
  func bias(count: Int, fanIn: Int, using generator: inout SeededGenerator) -> Tensor {
    guard Self.drawsValues else { return Tensor(uninitialized: [count]) }
    return .uniform([count], bound: 1 / Float(fanIn).squareRoot(), using: &generator)
  }
}

extension Tensor {
  /// Normally distributed values with mean 0 (Box–Muller).
  static func normal(_ shape: Shape, deviation: Float, using generator: inout SeededGenerator) -> Tensor {
    var tensor = Tensor(uninitialized: shape)
    tensor.withUnsafeMutableBufferPointer { values in
      for index in stride(from: 0, to: values.count, by: 2) {
        let radius = (-2 * log(1 - generator.nextUniform())).squareRoot() * deviation
        let angle = 2 * Float.pi * generator.nextUniform()
        values[index] = radius * cos(angle)
        if index + 1 < values.count { values[index + 1] = radius * sin(angle) }
      }
    }
    return tensor
  }

  static func uniform(_ shape: Shape, bound: Float, using generator: inout SeededGenerator) -> Tensor {
    Tensor((0..<shape.elementCount).map { _ in generator.nextUniform(in: -bound...bound) }, shape: shape)
  }
}
