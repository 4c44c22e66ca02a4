import Auditing

extension PixelPrediction {
  /// One class, full confidence, no entropy unless they are given.
  static func sample(
    width: Int, height: Int, classCount: Int = 3, labels: [UInt8]? = nil, errorProbability: [Float]? = nil,
    confidence: [Float]? = nil, entropy: [Float]? = nil
  ) -> PixelPrediction {
    let count = width * height
    return PixelPrediction(
      width: width, height: height, classCount: classCount,
      labels: labels ?? [UInt8](repeating: 0, count: count),
      errorProbability: errorProbability ?? [Float](repeating: 0, count: count),
      confidence: confidence ?? [Float](repeating: 1, count: count),
      entropy: entropy ?? [Float](repeating: 0, count: count))
  }

  /// `#` is a pixel of error probability 0.75, a digit one of that many tenths, everything else one of 0.
  static func drawn(_ rows: String...) -> PixelPrediction {
    let values = rows.joined().map { character -> Float in
      if character == "#" { return 0.75 }
      return Float(character.wholeNumberValue ?? 0) / 10
    }
    return sample(width: rows[0].count, height: rows.count, errorProbability: values)
  }
}

/// A number of its own for each seed and position. *Range*: 0 ..< 1.
struct NumberSequence {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(state >> 11) / 0x1p53
  }

  mutating func next(below limit: Int) -> Int { Int(next() * Double(limit)) }
}
