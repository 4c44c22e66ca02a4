import TensorCore

/// The share of the labelled images whose labels a training uses, like the paper's 1/8; the others it takes as unlabelled.
package struct LabelRatio: Sendable, Hashable {
  private let share: Double

  /// Reads `1/8` or `0.125`.
  ///
  /// - Returns: `nil` for anything but a number above 0 and at most 1.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { Double($0) }
    guard let first = parts[0] else { return nil }
    guard parts.count == 2 else {
      self.init(share: first)
      return
    }
    guard let second = parts[1] else { return nil }
    self.init(share: first / second)
  }

  private init?(share: Double) {
    guard share > 0, share <= 1 else { return nil }
    self.share = share
  }

  /// Draws the images that keep their masks: the nearest whole number to the share, at least one. Both parts keep the
  /// order of the samples.
  package func split(_ samples: [Sample], seed: UInt64) -> (labeled: [Sample], unlabeled: [Sample]) {
    let count = max(1, Int((share * Double(samples.count)).rounded()))
    var generator = SeededGenerator(seed: seed, stream: Self.stream)
    let drawn = Set(samples.indices.shuffled(using: &generator).prefix(count))
    return (
      samples.indices.filter(drawn.contains).map { samples[$0] },
      samples.indices.filter { !drawn.contains($0) }.map {
        Sample(name: samples[$0].name, image: samples[$0].image)
      }
    )
  }

  /// Of the seed's random numbers, apart from those of a training.
  private static let stream: UInt64 = 0x6C61_6265_6C73
}
