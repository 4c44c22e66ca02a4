import Foundation

/// Mean and sample standard deviation.
package struct Spread: Sendable, Equatable, Encodable {
  /// `nil` for no value.
  package let mean: Double?
  /// `nil` for fewer than two values.
  package let deviation: Double?

  package init(_ values: [Double]) {
    guard !values.isEmpty else {
      (mean, deviation) = (nil, nil)
      return
    }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
  }

  private init(mean: Double?, deviation: Double?) {
    (self.mean, self.deviation) = (mean, deviation)
  }

  /// In another unit.
  package func times(_ factor: Double) -> Spread {
    Spread(mean: mean.map { $0 * factor }, deviation: deviation.map { $0 * abs(factor) })
  }

  /// `0.312 ± 0.021`, without the second part for one value; a dash for none.
  package func text(places: Int) -> String {
    guard let mean else { return "–" }
    let text = String(format: "%.\(places)f", mean)
    return deviation.map { "\(text) ± " + String(format: "%.\(places)f", $0) } ?? text
  }
}
