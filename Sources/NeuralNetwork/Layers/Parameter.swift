import TensorCore

/// A tensor that training changes, with the gradient of the step under way.
///
/// Not thread-safe: a network belongs to one thread of control at a time.
package final class Parameter {
  package private(set) var value: Tensor
  package var gradient: Tensor?
  /// Grows with every change; what was derived from the value is valid for one version.
  package private(set) var version = 0
  /// The value in the layouts of the convolution kernels; made anew for each version.
  package private(set) var packed = PackedWeights()

  package init(_ value: Tensor) { self.value = value }

  package var shape: Shape { value.shape }

  /// Changes the value in place.
  package func update<Failure: Error>(_ change: (inout Tensor) throws(Failure) -> Void) throws(Failure) {
    try change(&value)
    precondition(value.shape == shape)
    version += 1
    packed = PackedWeights()
  }

  /// The parameter as a leaf of the computation, or as a constant where no gradients are wanted.
  package func variable(_ context: ForwardContext) -> Variable {
    guard context.recordsGradients else { return Variable(value) }
    return Variable(leaf: value) { [self] addend in
      if var sum = gradient.take() {
        sum.add(addend)
        gradient = sum
      } else {
        gradient = addend
      }
    }
  }
}

/// What a forward pass is for.
package final class ForwardContext {
  /// Where batch normalisation takes its moments from.
  package enum Normalization: Sendable {
    /// Moments of the batch; the running statistics move towards them.
    case batch
    /// The running statistics.
    case running
  }

  package let normalization: Normalization
  package let appliesDropout: Bool
  package let recordsGradients: Bool
  package var generator: SeededGenerator
  /// Sees the input of every normalised convolution in inference.
  package var observer: ((_ convolution: NormalizedConvolution, _ input: Tensor) -> Void)?

  package init(
    normalization: Normalization, appliesDropout: Bool, recordsGradients: Bool, generator: SeededGenerator
  ) {
    self.normalization = normalization
    self.appliesDropout = appliesDropout
    self.recordsGradients = recordsGradients
    self.generator = generator
  }

  /// Running statistics, no dropout, nothing recorded.
  package static var inference: ForwardContext {
    ForwardContext(
      normalization: .running, appliesDropout: false, recordsGradients: false,
      generator: SeededGenerator(seed: 0))
  }

  /// Whether convolution, normalisation and ReLU may be folded into one pass.
  var foldsNormalization: Bool { normalization == .running && !recordsGradients }
}
