import Foundation

/// How the learning rate goes on after the warm-up.
package enum LearningRateSchedule: String, Hashable, Sendable, Codable, CaseIterable {
  /// The paper's.
  case constant
  /// Falls to 0 as (1 − t / T) ^ power, as DeepLab's; `torch.optim.lr_scheduler.PolynomialLR`.
  case polynomial
}

extension OptimizerConfiguration {
  /// What the learning rates are multiplied by in a step.
  ///
  /// In w warm-up steps the factor grows evenly from 1 / w to 1; the schedule runs over the steps after them.
  ///
  /// - Parameters:
  ///   - step: counted from 0.
  ///   - totalSteps: of all stages.
  package func learningRateFactor(step: Int, totalSteps: Int) -> Float {
    if step < warmupSteps { return Float(step + 1) / Float(warmupSteps) }
    switch schedule {
    case .constant: return 1
    case .polynomial:
      let length = max(1, totalSteps - warmupSteps)
      let left = 1 - Double(min(step - warmupSteps, length)) / Double(length)
      return Float(pow(left, Double(polynomialPower)))
    }
  }
}
