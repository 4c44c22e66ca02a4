/// An image's pixels of known truth by error probability: how many are at or below each level, and how many of those
/// are wrong.
package struct PassingPixels: Sendable, Codable, Hashable {
  /// Error probabilities as the audit's maps keep them, 0…255 for 0…1: each one up to 32, then in steps of about an
  /// eighth.
  package static let levels: [UInt8] = {
    var levels: [Int] = Array(0...32)
    while let last = levels.last, last < 255 { levels.append(min(255, last + last / 8)) }
    return levels.map { UInt8($0) }
  }()

  package let pixels: Int
  /// By level.
  package let passed: [Int]
  package let wrong: [Int]

  /// - Parameter errorProbability: *Range*: 0…255 for 0…1.
  package init(_ errorProbability: [UInt8], isWrong: [Bool]) {
    precondition(errorProbability.count == isWrong.count)
    var all = [Int](repeating: 0, count: 256)
    var bad = all
    for (value, isWrong) in zip(errorProbability, isWrong) {
      all[Int(value)] += 1
      if isWrong { bad[Int(value)] += 1 }
    }
    pixels = errorProbability.count
    passed = Self.levels.map { all[...Int($0)].reduce(0, +) }
    wrong = Self.levels.map { bad[...Int($0)].reduce(0, +) }
  }
}
