import TensorCore

/// Which samples make up a batch, and in what random state: a pure function of the seed and the batch's
/// number.
struct BatchPlan: Sendable {
  let sampleCount: Int
  let batchSize: Int
  let seed: UInt64

  /// Position in the endless series of epochs, each a permutation of all samples, and the sample's
  /// generator.
  func entries(ofBatch batch: Int) -> [(sample: Int, generator: SeededGenerator)] {
    var permutations: [Int: [Int]] = [:]
    return (0..<batchSize).map { slot in
      let position = batch * batchSize + slot
      let epoch = position / sampleCount
      let order = permutations[epoch] ?? permutation(epoch)
      permutations[epoch] = order
      return (order[position % sampleCount], SeededGenerator(seed: seed ^ 0x5EED, stream: UInt64(position)))
    }
  }

  private func permutation(_ epoch: Int) -> [Int] {
    var generator = SeededGenerator(seed: seed, stream: UInt64(epoch))
    return Array(0..<sampleCount).shuffled(using: &generator)
  }
}
