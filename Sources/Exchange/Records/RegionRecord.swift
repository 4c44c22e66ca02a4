import Auditing

/// An error region as CSV and JSON show it.
package struct RegionRecord: Encodable, Sendable, Equatable {
  package let className: String
  package let x: Int
  package let y: Int
  package let width: Int
  package let height: Int
  package let areaPixels: Int
  package let meanErrorProbability: Double
  /// Where the true error rate lies; `nil` without a calibration that tells.
  package let errorRateLower: Double?
  package let errorRateUpper: Double?
  package let expectedWrongPixels: Double

  /// - Parameter interval: of the region's error rate.
  package init(_ region: ErrorRegion, className: String, interval: ErrorRateInterval? = nil) {
    self.className = className
    x = region.x
    y = region.y
    width = region.width
    height = region.height
    areaPixels = region.areaPixels
    meanErrorProbability = region.meanErrorProbability
    errorRateLower = interval?.lower
    errorRateUpper = interval?.upper
    expectedWrongPixels = region.expectedWrongPixels
  }

  package static let csvHeader = CSVRow([
    "path", "className", "x", "y", "width", "height", "areaPixels", "meanErrorProbability", "errorRateLower",
    "errorRateUpper", "expectedWrongPixels",
  ])

  /// - Parameter path: the image's.
  package func csvRow(path: String) -> CSVRow {
    let numbers = [meanErrorProbability, errorRateLower, errorRateUpper, expectedWrongPixels]
    return CSVRow(
      [path, className] + [x, y, width, height, areaPixels].map { "\($0)" }
        + numbers.map { $0.map { "\($0)" } ?? "" })
  }
}
