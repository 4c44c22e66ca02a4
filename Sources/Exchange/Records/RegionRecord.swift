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
  package let expectedWrongPixels: Double

  package init(_ region: ErrorRegion, className: String) {
    self.className = className
    x = region.x
    y = region.y
    width = region.width
    height = region.height
    areaPixels = region.areaPixels
    meanErrorProbability = region.meanErrorProbability
    expectedWrongPixels = region.expectedWrongPixels
  }

  package static let csvHeader = CSVRow([
    "path", "className", "x", "y", "width", "height", "areaPixels", "meanErrorProbability",
    "expectedWrongPixels",
  ])

  /// - Parameter path: the image's.
  package func csvRow(path: String) -> CSVRow {
    CSVRow(
      [path, className] + [x, y, width, height, areaPixels].map { "\($0)" }
        + ["\(meanErrorProbability)", "\(expectedWrongPixels)"])
  }
}
