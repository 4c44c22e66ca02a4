import TensorCore

/// Draws at random, the same for the same seed.
package enum AnnotationDraw {
  /// The images that a simulation starts with, in the order of `names`.
  ///
  /// - Precondition: `count` is at most the number of names.
  package static func start(_ count: Int, of names: [String], seed: UInt64) -> [String] {
    var generator = SeededGenerator(seed: seed, stream: 0)
    let drawn = Set(names.shuffled(using: &generator).prefix(count))
    return names.filter(drawn.contains)
  }

  /// The images of a round, counted from 1.
  package static func round(_ round: Int, _ count: Int, of names: [String], seed: UInt64) -> [String] {
    var generator = SeededGenerator(seed: seed, stream: UInt64(round))
    return Array(names.shuffled(using: &generator).prefix(count))
  }
}
