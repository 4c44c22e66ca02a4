import TensorCore

/// Batch normalisation over NHWC images, with running statistics.
///
/// *Source*: Ioffe, Szegedy, arXiv 1502.03167; momentum and ε as PyTorch's defaults.
package final class BatchNormalization2D: Module {
  package let weight: Parameter
  package let bias: Parameter
  package let runningMean: Parameter
  package let runningVariance: Parameter
  /// The share of the new value in the running statistics.
  package let momentum: Float = 0.1
  package let epsilon: Float = 1e-5

  package init(channels: Int) {
    weight = Parameter(Tensor(repeating: 1, shape: [channels]))
    bias = Parameter(Tensor(zeros: [channels]))
    runningMean = Parameter(Tensor(zeros: [channels]))
    runningVariance = Parameter(Tensor(repeating: 1, shape: [channels]))
  }

  /// relu?(normalised input + residual?)
  package func callAsFunction(
    _ input: Variable, residual: Variable? = nil, relu: Bool = false, _ context: ForwardContext
  ) -> Variable {
    let (scale, shift) = (weight.variable(context), bias.variable(context))
    switch context.normalization {
    case .batch:
      let (result, moments) = input.batchNormalized(
        scale: scale, shift: shift, epsilon: epsilon, residual: residual, relu: relu)
      updateRunningStatistics(moments)
      return result
    case .running:
      return input.normalized(
        mean: runningMean.value, variance: runningVariance.value, scale: scale, shift: shift,
        epsilon: epsilon,
        residual: residual, relu: relu)
    }
  }

  /// As PyTorch: the running variance takes in the unbiased one.
  private func updateRunningStatistics(_ moments: ChannelMoments) {
    let count = Float(moments.sampleCount)
    let unbiased = count > 1 ? count / (count - 1) : 1
    let channels: Shape = [moments.mean.count]
    runningMean.update { $0.moveAverage(toward: Tensor(moments.mean, shape: channels), decay: 1 - momentum) }
    let variance = Tensor(moments.variance.map { $0 * unbiased }, shape: channels)
    runningVariance.update { $0.moveAverage(toward: variance, decay: 1 - momentum) }
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(weight, path, "weight")
    state.add(bias, path, "bias")
    state.addBuffer(runningMean, path, "running_mean")
    state.addBuffer(runningVariance, path, "running_var")
  }
}
