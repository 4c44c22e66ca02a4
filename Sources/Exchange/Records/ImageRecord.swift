import Auditing

/// An image of the ranking as CSV and JSON show it.
package struct ImageRecord: Encodable, Sendable, Equatable {
  /// From 1, the worst.
  package let position: Int
  package let path: String
  package let width: Int
  package let height: Int
  package let expectedErrorRate: Double
  /// Where the true one lies; `nil` without a calibration.
  package let errorRateLower: Double?
  package let errorRateUpper: Double?
  package let expectedWrongPixels: Double
  package let worstRegionPixels: Double
  package let errorP50: Double
  package let errorP90: Double
  package let errorP95: Double
  package let errorP99: Double
  package let meanConfidence: Double
  package let meanEntropy: Double
  package let className: String?
  package let classPixels: Int?
  package let classExpectedWrongPixels: Double?

  /// - Parameters:
  ///   - interval: of the image's error rate.
  ///   - ofClass: the one class that was asked for, with its name.
  package init(
    position: Int, path: String, width: Int, height: Int, statistics: ImageStatistics,
    worstRegionPixels: Double, interval: ErrorRateInterval? = nil,
    ofClass: (name: String, statistics: ClassStatistics)? = nil
  ) {
    self.position = position
    self.path = path
    self.width = width
    self.height = height
    self.worstRegionPixels = worstRegionPixels
    expectedErrorRate = statistics.meanErrorProbability
    errorRateLower = interval?.lower
    errorRateUpper = interval?.upper
    expectedWrongPixels = statistics.expectedWrongPixels
    errorP50 = statistics.percentile50
    errorP90 = statistics.percentile90
    errorP95 = statistics.percentile95
    errorP99 = statistics.percentile99
    meanConfidence = statistics.meanConfidence
    meanEntropy = statistics.meanEntropy
    className = ofClass?.name
    classPixels = ofClass?.statistics.predictedPixels
    classExpectedWrongPixels = ofClass?.statistics.expectedWrongPixels
  }

  package static let csvHeader = CSVRow([
    "position", "path", "width", "height", "expectedErrorRate", "errorRateLower", "errorRateUpper",
    "expectedWrongPixels", "worstRegionPixels",
    "errorP50", "errorP90", "errorP95", "errorP99", "meanConfidence", "meanEntropy", "className",
    "classPixels",
    "classExpectedWrongPixels",
  ])

  package var csvRow: CSVRow {
    let numbers = [
      expectedErrorRate, errorRateLower, errorRateUpper, expectedWrongPixels, worstRegionPixels, errorP50,
      errorP90, errorP95, errorP99,
      meanConfidence, meanEntropy,
    ]
    return CSVRow(
      ["\(position)", path, "\(width)", "\(height)"] + numbers.map { $0.map { "\($0)" } ?? "" } + [
        className ?? "", classPixels.map(String.init) ?? "", classExpectedWrongPixels.map { "\($0)" } ?? "",
      ])
  }
}
