/// What one calibration image, or one class in it, says about the audit's estimate.
package struct CalibrationCounts: Sendable, Codable, Hashable {
  /// Pixels of known truth, and how many of them are wrong.
  package var known: Double
  package var wrong: Double
  /// All pixels, also those that people left without label, and the sum of their calibrated error probability: what an
  /// audit counts.
  package var all: Double
  package var estimatedWrong: Double

  package init(known: Double, wrong: Double, all: Double, estimatedWrong: Double) {
    self.known = known
    self.wrong = wrong
    self.all = all
    self.estimatedWrong = estimatedWrong
  }

  package static let none = CalibrationCounts(known: 0, wrong: 0, all: 0, estimatedWrong: 0)

  package mutating func add(_ other: CalibrationCounts) {
    known += other.known
    wrong += other.wrong
    all += other.all
    estimatedWrong += other.estimatedWrong
  }

  package static func + (a: CalibrationCounts, b: CalibrationCounts) -> CalibrationCounts {
    var sum = a
    sum.add(b)
    return sum
  }

  /// The true error rate over the estimated one; `nil` where no pixel is known or no error expected.
  package var ratio: Double? {
    guard known > 0, estimatedWrong > 0 else { return nil }
    return (wrong / known) / (estimatedWrong / all)
  }
}
