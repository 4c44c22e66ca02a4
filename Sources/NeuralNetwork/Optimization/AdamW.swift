import Glibc
import TensorCore

/// Parameters that share a learning rate.
package struct ParameterGroup {
  package let name: String
  package let parameters: [(path: String, parameter: Parameter)]
  package var learningRate: Float

  package init(name: String, parameters: [(path: String, parameter: Parameter)], learningRate: Float) {
    self.name = name
    self.parameters = parameters
    self.learningRate = learningRate
  }
}

/// Adam with decoupled weight decay, as `torch.optim.AdamW`.
///
/// A parameter without a gradient is left alone, moments and step count included, as PyTorch does for absent ones.
///
/// *Source*: Loshchilov, Hutter, arXiv 1711.05101.
package final class AdamW {
  package var groups: [ParameterGroup]
  package let beta1: Float
  package let beta2: Float
  package let epsilon: Float
  package let weightDecay: Float
  private var moments: [String: Moments] = [:]

  /// The running moments of one parameter.
  package struct Moments {
    package var first: Tensor
    package var second: Tensor
    package var step: Int

    package init(first: Tensor, second: Tensor, step: Int) {
      self.first = first
      self.second = second
      self.step = step
    }
  }

  /// - Precondition: no path occurs twice.
  package init(
    groups: [ParameterGroup], beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float
  ) {
    let paths = groups.flatMap { $0.parameters.map(\.path) }
    precondition(Set(paths).count == paths.count, "a parameter is in two groups")
    self.groups = groups
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Takes one step with the gradients at hand, times `learningRateFactor`, and clears them.
  package func step(learningRateFactor: Float = 1) {
    for group in groups {
      for (path, parameter) in group.parameters {
        guard let gradient = parameter.gradient.take() else { continue }
        var state =
          moments.removeValue(forKey: path)
          ?? Moments(first: Tensor(zeros: parameter.shape), second: Tensor(zeros: parameter.shape), step: 0)
        state.step += 1
        let step = AdamWStep(
          learningRate: group.learningRate * learningRateFactor, beta1: beta1, beta2: beta2, epsilon: epsilon,
          weightDecay: weightDecay, correction1: Float(1 - pow(Double(beta1), Double(state.step))),
          correction2: Float(1 - pow(Double(beta2), Double(state.step))))
        parameter.update {
          step.apply(to: &$0, gradient: gradient, first: &state.first, second: &state.second)
        }
        moments[path] = state
      }
    }
  }

  /// Moments by parameter path, for a checkpoint.
  package var state: [String: Moments] {
    get { moments }
    set { moments = newValue }
  }
}
