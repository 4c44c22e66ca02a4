/// A class of a run as CSV and JSON show it.
package struct ClassRecord: Encodable, Sendable, Equatable {
  package let index: Int
  package let name: String
  /// `#rrggbb`.
  package let color: String
  /// In how many images it is predicted.
  package let imageCount: Int
  package let predictedPixels: Int
  package let expectedWrongPixels: Double
  /// `nil` for a class that is never predicted.
  package let expectedErrorRate: Double?

  package init(
    index: Int, name: String, color: String, imageCount: Int, predictedPixels: Int,
    expectedWrongPixels: Double
  ) {
    self.index = index
    self.name = name
    self.color = color
    self.imageCount = imageCount
    self.predictedPixels = predictedPixels
    self.expectedWrongPixels = expectedWrongPixels
    expectedErrorRate = predictedPixels == 0 ? nil : expectedWrongPixels / Double(predictedPixels)
  }

  package static let csvHeader = CSVRow([
    "index", "name", "color", "imageCount", "predictedPixels", "expectedWrongPixels", "expectedErrorRate",
  ])

  package var csvRow: CSVRow {
    CSVRow([
      "\(index)", name, color, "\(imageCount)", "\(predictedPixels)", "\(expectedWrongPixels)",
      expectedErrorRate.map { "\($0)" } ?? "",
    ])
  }
}
