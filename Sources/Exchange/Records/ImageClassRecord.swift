import Auditing

/// One class in one image as CSV and JSON show it.
package struct ImageClassRecord: Encodable, Sendable, Equatable {
  package let className: String
  package let predictedPixels: Int
  package let expectedWrongPixels: Double

  package init(_ statistics: ClassStatistics, className: String) {
    self.className = className
    predictedPixels = statistics.predictedPixels
    expectedWrongPixels = statistics.expectedWrongPixels
  }

  package static let csvHeader = CSVRow(["path", "className", "predictedPixels", "expectedWrongPixels"])

  /// - Parameter path: the image's.
  package func csvRow(path: String) -> CSVRow {
    CSVRow([path, className, "\(predictedPixels)", "\(expectedWrongPixels)"])
  }
}
