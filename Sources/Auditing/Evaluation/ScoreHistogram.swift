/// Pixels by 8-bit score and by whether their label is wrong: all that detection measures need.
///
/// Scores say "more = more probably wrong". Since the audit's maps have 8 bits, nothing is lost by the histogram.
package struct ScoreHistogram: Sendable, Equatable {
  package private(set) var wrong = [Int](repeating: 0, count: 256)
  package private(set) var right = [Int](repeating: 0, count: 256)

  package init() {}

  package mutating func add(score: UInt8, isWrong: Bool) {
    if isWrong { wrong[Int(score)] += 1 } else { right[Int(score)] += 1 }
  }

  package mutating func add(_ other: ScoreHistogram) {
    for score in 0..<256 {
      wrong[score] += other.wrong[score]
      right[score] += other.right[score]
    }
  }

  package var wrongCount: Int { wrong.reduce(0, +) }
  package var rightCount: Int { right.reduce(0, +) }
  package var count: Int { wrongCount + rightCount }

  /// Average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over falling thresholds, pixels of one score together. NaN without errors.
  package var averagePrecision: Double {
    let total = Double(wrongCount)
    var hits = 0
    var seen = 0
    var sum = 0.0
    for score in stride(from: 255, through: 0, by: -1) where wrong[score] + right[score] > 0 {
      hits += wrong[score]
      seen += wrong[score] + right[score]
      sum += Double(wrong[score]) * Double(hits) / Double(seen)
    }
    return total == 0 ? .nan : sum / total
  }

  /// The probability that a wrong pixel scores higher than a right one, ties counting half. NaN if there is only one
  /// kind.
  package var areaUnderROC: Double {
    var below = 0
    var sum = 0.0
    for score in 0..<256 {
      sum += Double(wrong[score]) * (Double(below) + Double(right[score]) / 2)
      below += right[score]
    }
    let pairs = Double(wrongCount) * Double(rightCount)
    return pairs == 0 ? .nan : sum / pairs
  }

  /// The binary map "score ≥ threshold" against the truth.
  package func binary(threshold: Int) -> BinaryCounts {
    let range = max(0, threshold)..<256
    return BinaryCounts(
      truePositives: range.reduce(0) { $0 + wrong[$1] }, falsePositives: range.reduce(0) { $0 + right[$1] },
      falseNegatives: (0..<range.lowerBound).reduce(0) { $0 + wrong[$1] },
      trueNegatives: (0..<range.lowerBound).reduce(0) { $0 + right[$1] })
  }

  /// The threshold with the largest F1, the lowest of equals; 128 without a wrong pixel to learn it from.
  package var bestThreshold: Int {
    guard wrongCount > 0 else { return 128 }
    var best = (threshold: 128, score: -1.0)
    for threshold in 0..<256 {
      let score = binary(threshold: threshold).f1
      if score > best.score { best = (threshold, score) }
    }
    return best.threshold
  }

  /// Expected calibration error over equal bins of the score read as a probability: Σ |mean score − share wrong|,
  /// weighted by pixels.
  ///
  /// *Source*: Guo et al., arXiv 1706.04599.
  package func expectedCalibrationError(bins: Int = 15) -> Double {
    let total = Double(max(1, count))
    return calibrationBins(bins).reduce(0) {
      $0 + abs($1.meanProbability - $1.shareWrong) * Double($1.pixels) / total
    }
  }

  /// The points of a reliability plot; empty bins are left out.
  package func calibrationBins(_ bins: Int = 15) -> [CalibrationBin] {
    (0..<bins).compactMap { bin in
      let scores = (0..<256).filter { min(bins - 1, $0 * bins / 255) == bin }
      let pixels = scores.reduce(0) { $0 + wrong[$1] + right[$1] }
      guard pixels > 0 else { return nil }
      let sum = scores.reduce(0.0) { $0 + Double($1) / 255 * Double(wrong[$1] + right[$1]) }
      let errors = scores.reduce(0) { $0 + wrong[$1] }
      return CalibrationBin(
        meanProbability: sum / Double(pixels), shareWrong: Double(errors) / Double(pixels), pixels: pixels)
    }
  }
}

/// One point of a reliability plot.
package struct CalibrationBin: Sendable, Equatable, Codable {
  package let meanProbability: Double
  package let shareWrong: Double
  package let pixels: Int
}

/// A binary map against the truth; "positive" means "the label is wrong".
package struct BinaryCounts: Sendable, Equatable {
  package var truePositives = 0
  package var falsePositives = 0
  package var falseNegatives = 0
  package var trueNegatives = 0

  package static func + (a: BinaryCounts, b: BinaryCounts) -> BinaryCounts {
    BinaryCounts(
      truePositives: a.truePositives + b.truePositives, falsePositives: a.falsePositives + b.falsePositives,
      falseNegatives: a.falseNegatives + b.falseNegatives, trueNegatives: a.trueNegatives + b.trueNegatives)
  }

  package var f1: Double {
    let denominator = 2 * truePositives + falsePositives + falseNegatives
    return denominator == 0 ? 0 : 2 * Double(truePositives) / Double(denominator)
  }

  /// Mean of the intersection over union of "wrong" and of "right".
  package var meanIntersectionOverUnion: Double {
    let wrong = truePositives + falsePositives + falseNegatives
    let right = trueNegatives + falsePositives + falseNegatives
    let parts = [(truePositives, wrong), (trueNegatives, right)].filter { $0.1 > 0 }
    return parts.isEmpty ? .nan : parts.reduce(0) { $0 + Double($1.0) / Double($1.1) } / Double(parts.count)
  }
}
