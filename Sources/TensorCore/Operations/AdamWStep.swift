import CVectorKernels

/// The numbers of one AdamW step.
///
/// *Source*: Loshchilov, Hutter, "Decoupled weight decay regularization", arXiv 1711.05101; as `torch.optim.AdamW`.
package struct AdamWStep: Sendable {
  package var learningRate: Float
  package var beta1: Float
  package var beta2: Float
  package var epsilon: Float
  package var weightDecay: Float
  /// 1 − β₁ᵗ and 1 − β₂ᵗ for step t, counted from 1.
  package var correction1: Float
  package var correction2: Float

  package init(
    learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float, correction1: Float,
    correction2: Float
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.correction1 = correction1
    self.correction2 = correction2
  }

  /// Updates a parameter and its two moments in place; all of one shape.
  package func apply(to parameter: inout Tensor, gradient: Tensor, first: inout Tensor, second: inout Tensor)
  {
    precondition(
      parameter.shape == gradient.shape && first.shape == gradient.shape && second.shape == gradient.shape)
    parameter.withUnsafeMutableBufferPointer { parameter in
      first.withUnsafeMutableBufferPointer { first in
        second.withUnsafeMutableBufferPointer { second in
          guard let p = parameter.baseAddress, let m = first.baseAddress, let v = second.baseAddress else {
            return
          }
          let pointers = UncheckedBox((p, m, v))
          Parallel.forEachRowRange(rows: gradient.count, channels: 1) { range in
            let offset = range.lowerBound
            let (p, m, v) = pointers.value
            ek_adamw(
              p + offset, gradient.pointer + offset, m + offset, v + offset, range.count, learningRate, beta1,
              beta2, epsilon, weightDecay, correction1, correction2)
          }
        }
      }
    }
  }
}
