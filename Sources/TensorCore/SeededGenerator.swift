/// A small, fast, reproducible random generator (SplitMix64) whose whole state is one number.
///
/// *Source*: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
package struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  package private(set) var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A generator for one item of a numbered series: independent of every other (seed, stream) pair.
  package init(seed: UInt64, stream: UInt64) {
    state = SeededGenerator.mix(seed &+ 0x9E37_79B9_7F4A_7C15 &* (stream &+ 1)) ^ stream
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return SeededGenerator.mix(state)
  }

  /// A number in [0, 1) with 24 random bits.
  package mutating func nextUniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// A number in `range`, uniformly.
  package mutating func nextUniform(in range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * nextUniform()
  }

  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
