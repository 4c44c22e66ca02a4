import Foundation

/// A p-value for "the mean of a loss in 0…1 is above `level`", from independent samples of it.
///
/// A gambler bets on every next sample being below the level; where the mean is above it, the odds of ever multiplying
/// the stake by 1/δ are at most δ. Losses of small variance, as error rates are, are decided with far fewer samples
/// than by bounds for coin tosses.
///
/// *Source*: Waudby-Smith, Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2024
/// (arXiv 2010.09686); in this form Bates et al., arXiv 2101.02703, proposition 5.
package enum BettingTest {
  /// *Range*: 0…1; at most `δ` with probability at most `δ` where the mean is above the level.
  ///
  /// - Parameters:
  ///   - losses: in random order; an order by time or name can make the odds wrong.
  ///   - delta: the `δ` that the stakes are chosen for; the p-value holds for any.
  package static func pValue(losses: [Double], level: Double, delta: Double) -> Double {
    precondition(level > 0 && level < 1 && delta > 0 && delta < 1)
    var capital = 1.0
    var best = 1.0
    var sum = 0.5
    var squares = 0.25
    for (index, loss) in losses.enumerated() {
      let seen = Double(index + 1)
      // Mean and variance of what came before this sample.
      let variance = squares / seen
      let stake = min(1, (2 * log(1 / delta) / (Double(losses.count) * variance)).squareRoot())
      capital *= 1 - stake * (loss - level)
      best = max(best, capital)
      sum += loss
      let mean = sum / (seen + 1)
      squares += (loss - mean) * (loss - mean)
    }
    return 1 / best
  }

  /// The fewest samples without any loss that could be enough.
  package static func samplesNeeded(level: Double, delta: Double) -> Int {
    Int((log(1 / delta) / log(1 + level)).rounded(.up))
  }

  /// Roughly how many samples like these would be enough; `nil` if their mean is not below the level, or it would take
  /// more than 200,000.
  package static func samplesNeeded(like losses: [Double], level: Double, delta: Double) -> Int? {
    guard !losses.isEmpty, losses.reduce(0, +) < level * Double(losses.count) else { return nil }
    // A repeated sample stands for more samples like it.
    var count = losses.count
    while count <= 200_000 {
      let repeated = (0..<count).map { losses[$0 % losses.count] }
      if pValue(losses: repeated, level: level, delta: delta) <= delta { return count }
      count += max(1, count / 10)
    }
    return nil
  }
}
