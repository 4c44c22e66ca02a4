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
    let sorted = pixels.sorted { $0.score < $1.score }
    let groups = min(Self.groupCount, sorted.count)
    var blocks: [Block] = []
    for group in 0..<groups {
      let range = sorted.count * group / groups..<sorted.count * (group + 1) / groups
      var block = Block(scoreSum: 0, wrong: 0, count: Double(range.count))
      for pixel in sorted[range] {
        block.scoreSum += Double(pixel.score)
        block.wrong += pixel.isWrong ? 1 : 0
      }
      // Equal scores belong together whatever group they fell into.
      while let last = blocks.last,
        last.rate >= block.rate || last.scoreSum / last.count >= block.scoreSum / block.count
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

  package func callAsFunction(_ score: Float) -> Float {
    guard let first = scores.first, let last = scores.last, score > first else { return rates[0] }
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
