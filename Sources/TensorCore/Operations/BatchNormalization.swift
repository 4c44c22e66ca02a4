import CVectorKernels

/// Mean and variance of each channel.
package struct ChannelMoments: Sendable {
  package let mean: [Float]
  /// The biased variance, 1 / n.
  package let variance: [Float]
  package let sampleCount: Int
}

extension Tensor {
  /// Mean and biased variance of each channel over all pixels, in one pass around a guess of the mean.
  package func channelMoments() -> ChannelMoments {
    let (rows, channels) = (rows, channels)
    precondition(rows > 0, "moments of an empty tensor")
    let pivot = meanOfFewRows()
    let totals = Parallel.sum(rows: rows, channels: channels, width: 2 * channels) { range, partial in
      ek_shifted_moments(
        pointer + range.lowerBound * channels, range.count, channels, pivot, partial, partial + channels)
    }
    var mean = [Float](repeating: 0, count: channels)
    var variance = mean
    for c in 0..<channels {
      let shift = totals[c] / Double(rows)
      mean[c] = Float(Double(pivot[c]) + shift)
      variance[c] = Float(max(0, totals[channels + c] / Double(rows) - shift * shift))
    }
    return ChannelMoments(mean: mean, variance: variance, sampleCount: rows)
  }

  /// The variance loses the digits by which a pivot's distance from the mean exceeds the deviation: a single row may
  /// be an outlier, the mean of some spread over the tensor hardly.
  private func meanOfFewRows() -> [Float] {
    let count = min(8, rows)
    var mean = [Float](repeating: 0, count: channels)
    for sample in 0..<count {
      let row = pointer + rows * sample / count * channels
      for c in 0..<channels { mean[c] += row[c] / Float(count) }
    }
    return mean
  }
}

extension Variable {
  /// relu?(γ (x − mean) / √(variance + ε) + β + residual?) with the moments of this batch, which are returned too.
  ///
  /// *Shape*: self and residual `[N, H, W, C]`, γ and β `[C]`.
  ///
  /// *Source*: Ioffe, Szegedy, arXiv 1502.03167.
  package func batchNormalized(
    scale: Variable, shift: Variable, epsilon: Float, residual: Variable? = nil, relu: Bool = false
  ) -> (result: Variable, moments: ChannelMoments) {
    let moments = value.channelMoments()
    let inverse = moments.variance.map { 1 / ($0 + epsilon).squareRoot() }
    let result = normalized(
      mean: moments.mean, inverseDeviation: inverse, scale: scale, shift: shift, residual: residual,
      relu: relu,
      momentsAreOfThisBatch: true)
    return (result, moments)
  }

  /// As `batchNormalized` with fixed moments (inference, or frozen statistics).
  package func normalized(
    mean: Tensor, variance: Tensor, scale: Variable, shift: Variable, epsilon: Float,
    residual: Variable? = nil,
    relu: Bool = false
  ) -> Variable {
    let inverse = variance.values.map { 1 / ($0 + epsilon).squareRoot() }
    return normalized(
      mean: mean.values, inverseDeviation: inverse, scale: scale, shift: shift, residual: residual,
      relu: relu,
      momentsAreOfThisBatch: false)
  }

  private func normalized(
    mean: [Float], inverseDeviation: [Float], scale: Variable, shift: Variable, residual: Variable?,
    relu: Bool,
    momentsAreOfThisBatch: Bool
  ) -> Variable {
    let x = value
    let channels = x.channels
    precondition(scale.shape == [channels] && shift.shape == [channels], "γ \(scale.shape) for \(shape)")
    precondition(residual == nil || residual?.shape == shape)
    let gamma = scale.value.values
    let factors = zip(gamma, inverseDeviation).map { $0 * $1 }
    let offsets = shift.value.values.indices.map { shift.value.pointer[$0] - mean[$0] * factors[$0] }
    let out = Variable.scaleShift(x, residual: residual?.value, factors, offsets, relu: relu)
    let residualNeedsGradient = residual?.requiresGradient ?? false
    let inputs = [self, scale, shift] + (residual.map { [$0] } ?? [])
    let activation = relu ? out : nil
    return Variable(out, inputs: inputs) { gradient in
      let backward = BatchNormalizationBackward(
        x: x, gradient: gradient, activation: activation, mean: mean, inverseDeviation: inverseDeviation,
        gamma: gamma, momentsAreOfThisBatch: momentsAreOfThisBatch)
      return backward.run(residualNeedsGradient: residualNeedsGradient)
    }
  }

  private static func scaleShift(
    _ x: Tensor, residual: Tensor?, _ factors: [Float], _ offsets: [Float], relu: Bool
  ) -> Tensor {
    let channels = x.channels
    let out = Tensor(uninitialized: x.shape)
    Parallel.forEachRowRange(rows: x.rows, channels: channels) { range in
      let offset = range.lowerBound * channels
      ek_scale_shift(
        x.pointer + offset, residual.map { $0.pointer + offset }, range.count, channels, factors, offsets,
        relu ? 1 : 0, out.mutablePointer + offset)
    }
    return out
  }
}

/// The backward pass of a normalisation, with its ReLU's mask read off the activation.
private struct BatchNormalizationBackward {
  let x: Tensor
  let gradient: Tensor
  let activation: Tensor?
  let mean: [Float]
  let inverseDeviation: [Float]
  let gamma: [Float]
  let momentsAreOfThisBatch: Bool

  /// Gradients of x, γ, β and, where wanted, the residual.
  func run(residualNeedsGradient: Bool) -> [Tensor?] {
    let channels = x.channels
    let sums = Parallel.sum(rows: x.rows, channels: channels, width: 2 * channels) { range, partial in
      let offset = range.lowerBound * channels
      ek_batch_norm_backward_sums(
        x.pointer + offset, gradient.pointer + offset, activation.map { $0.pointer + offset }, range.count,
        channels, mean, partial, partial + channels)
    }
    let count = Double(x.rows)
    var (a, b, d) = (gamma, gamma, gamma)
    var gammaGradient = [Float](repeating: 0, count: channels)
    var betaGradient = gammaGradient
    for c in 0..<channels {
      let inverse = Double(inverseDeviation[c])
      let (sum, dot) = (sums[c], sums[channels + c] * inverse)  // Σ g and Σ g x̂
      gammaGradient[c] = Float(dot)
      betaGradient[c] = Float(sum)
      let factor = Double(gamma[c]) * inverse
      a[c] = Float(factor)
      // dx = γ/σ (g − mean(g) − x̂ mean(g x̂)); with fixed moments the two means do not depend on x.
      b[c] = momentsAreOfThisBatch ? Float(-factor * inverse * dot / count) : 0
      d[c] = momentsAreOfThisBatch ? Float(-factor * sum / count - Double(b[c]) * Double(mean[c])) : 0
    }
    let masked = activation != nil && residualNeedsGradient ? Tensor(uninitialized: x.shape) : nil
    let input = apply(a, b, d, masked: masked)
    let residual = residualNeedsGradient ? masked ?? gradient : nil
    return [
      input, Tensor(gammaGradient, shape: [channels]), Tensor(betaGradient, shape: [channels]), residual,
    ]
  }

  private func apply(_ a: [Float], _ b: [Float], _ d: [Float], masked: Tensor?) -> Tensor {
    let channels = x.channels
    let input = Tensor(uninitialized: x.shape)
    Parallel.forEachRowRange(rows: x.rows, channels: channels) { range in
      let offset = range.lowerBound * channels
      ek_batch_norm_backward_apply(
        x.pointer + offset, gradient.pointer + offset, activation.map { $0.pointer + offset }, range.count,
        channels, a, b, d, input.mutablePointer + offset, masked.map { $0.mutablePointer + offset })
    }
    return input
  }
}
