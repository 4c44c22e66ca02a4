import Foundation

/// A p-value for "the mean of a loss in 0…1 is above `level`", from independent samples of it.
///
/// *Source*: the Hoeffding–Bentkus inequality as in Bates et al., "Distribution-free, risk-controlling prediction
/// sets", J. ACM 2021 (arXiv 2101.02703), and Angelopoulos et al., "Learn then test" (arXiv 2110.01052).
package enum HoeffdingBentkus {
  /// *Range*: 0…1; at most `δ` with probability at most `δ` where the mean is above the level.
  ///
  /// - Parameters:
  ///   - mean: of the samples.
  ///   - count: of samples; 1 is returned for none.
  package static func pValue(mean: Double, count: Int, level: Double) -> Double {
    guard count > 0, level > 0 else { return 1 }
    guard level < 1 else { return 0 }
    guard mean < level else { return 1 }
    let hoeffding = exp(-Double(count) * divergence(mean, level))
    let successes = Int((Double(count) * mean - 1e-9).rounded(.up))
    let bentkus = M_E * binomialTail(atMost: max(0, successes), trials: count, probability: level)
    return min(1, hoeffding, bentkus)
  }

  /// The fewest samples without any loss whose p-value is at most `delta`.
  package static func samplesNeeded(level: Double, delta: Double) -> Int {
    guard level > 0, level < 1, delta > 0, delta < 1 else { return .max }
    var count = max(1, Int(log(delta) / log(1 - level)))
    while pValue(mean: 0, count: count, level: level) > delta { count += 1 }
    return count
  }

  /// The Kullback–Leibler divergence of two coins.
  private static func divergence(_ a: Double, _ b: Double) -> Double {
    let first = a > 0 ? a * log(a / b) : 0
    let second = a < 1 ? (1 - a) * log((1 - a) / (1 - b)) : 0
    return first + second
  }

  /// P(X ≤ k) for X binomial.
  static func binomialTail(atMost k: Int, trials n: Int, probability p: Double) -> Double {
    guard k < n else { return 1 }
    var sum = 0.0
    for i in 0...k {
      let choose = lgamma(Double(n) + 1) - lgamma(Double(i) + 1) - lgamma(Double(n - i) + 1)
      sum += exp(choose + Double(i) * log(p) + Double(n - i) * log(1 - p))
    }
    return min(1, sum)
  }
}
