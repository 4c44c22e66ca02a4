/// A rising map from a score to the share of wrong pixels seen at it (isotonic regression), straight between the
/// knots and constant beyond the first and the last one.
///
/// *Source*: pool adjacent violators; Zadrozny, Elkan, KDD 2002.
package struct IsotonicMap: Sendable, Hashable, Codable {
  /// Mean score of each block, strictly rising. *Range*: 0…1.
  package private(set) var scores: [Float]
  /// Share of wrong pixels of each block, rising. *Range*: 0…1.
  package private(set) var rates: [Float]

  private struct Block {
    var scoreSum: Double
    var wrong: Double
    var count: Double
    var rate: Double { (wrong + 0.5) / (count + 1) }
  }

  /// Scores are sorted into this many groups of equal size before pooling, so that single pixels make no knots.
  private static let groupCount = 200

  /// - Parameter pixels: score and whether the label is wrong, in any order.
  package init(_ pixels: [(score: Float, isWrong: Bool)]) {
    precondition(!pixels.isEmpty)
    var blocks: [Block] = []
    for group in Self.groups(pixels.sorted { $0.score < $1.score }) {
      var block = group
      while let last = blocks.last,
        last.rate >= block.rate
      {
        block.scoreSum += last.scoreSum
        block.wrong += last.wrong
        block.count += last.count
        blocks.removeLast()
      }
      blocks.append(block)
    }
    scores = blocks.map { Float($0.scoreSum / $0.count) }
    rates = blocks.map { Float($0.rate) }
  }

  /// Between two maps: `weight` times the first and the rest of the second, straight between the knots of both.
  ///
  /// - Parameter weight: 0…1.
  init(_ first: IsotonicMap, weight: Float, _ second: IsotonicMap) {
    precondition((0...1).contains(weight))
    scores = Set(first.scores + second.scores).sorted()
    rates = scores.map { weight * first($0) + (1 - weight) * second($0) }
  }

  /// Pixels of rising score in groups of about one size; equal scores are never parted.
  private static func groups(_ sorted: [(score: Float, isWrong: Bool)]) -> [Block] {
    let size = Double(sorted.count) / Double(groupCount)
    var groups: [Block] = []
    var previous: Float?
    var total = 0.0
    for pixel in sorted {
      if let score = previous, score == pixel.score || total < size * Double(groups.count) {
        groups[groups.count - 1].scoreSum += Double(pixel.score)
        groups[groups.count - 1].wrong += pixel.isWrong ? 1 : 0
        groups[groups.count - 1].count += 1
      } else {
        groups.append(Block(scoreSum: Double(pixel.score), wrong: pixel.isWrong ? 1 : 0, count: 1))
      }
      previous = pixel.score
      total += 1
    }
    return groups
  }

  package func callAsFunction(_ score: Float) -> Float {
    guard !score.isNaN, let first = scores.first, let last = scores.last else { return .nan }
    guard score > first else { return rates[0] }
    guard score < last else { return rates[rates.count - 1] }
    var (low, high) = (0, scores.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if scores[middle] <= score { low = middle } else { high = middle }
    }
    let fraction = (score - scores[low]) / (scores[high] - scores[low])
    return rates[low] + fraction * (rates[high] - rates[low])
  }
}
