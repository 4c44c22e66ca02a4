import TensorCore

extension AdamW {
  /// Shortens the gradients of all groups together to the norm `maximumNorm` if it is above, as
  /// `torch.nn.utils.clip_grad_norm_`.
  ///
  /// - Returns: the norm before, over the parameters that have a gradient; gradients with a norm that is not finite
  ///   are left as they are.
  @discardableResult
  package func clipGradients(maximumNorm: Float) -> Float {
    precondition(maximumNorm > 0)
    let parameters = groups.flatMap { $0.parameters.map(\.parameter) }
    let norm = Float(parameters.reduce(0.0) { $0 + ($1.gradient?.sumOfSquares ?? 0) }.squareRoot())
    // PyTorch's guard against a division by zero; for norms near the limit it shortens by a millionth.
    let factor = maximumNorm / (norm + 1e-6)
    guard norm.isFinite && factor < 1 else { return norm }
    for parameter in parameters {
      guard let gradient = parameter.gradient.take() else { continue }
      parameter.gradient = gradient.scaled(by: factor)
    }
    return norm
  }
}

extension Tensor {
  fileprivate var sumOfSquares: Double {
    withUnsafeBufferPointer { values in
      var sum = 0.0
      for value in values { sum += Double(value) * Double(value) }
      return sum
    }
  }
}
