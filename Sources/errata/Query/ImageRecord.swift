import AuditStore
import Exchange

/// One ranked image as `query --json`, `query --csv` and `export` show it.
struct ImageRecord: Encodable {
  let position: Int
  let path: String
  let width: Int
  let height: Int
  let expectedErrorRate: Double
  let expectedWrongPixels: Double
  let worstRegionPixels: Double
  let errorP50: Double
  let errorP90: Double
  let errorP95: Double
  let errorP99: Double
  let meanConfidence: Double
  let meanEntropy: Double
  let className: String?
  let classPixels: Int?
  let classExpectedWrongPixels: Double?

  /// - Parameter className: where the query is about one class.
  init(_ image: AuditedImage, position: Int, className: String?) {
    let statistics = image.statistics
    self.position = position
    path = image.path
    width = image.width
    height = image.height
    expectedErrorRate = statistics.meanErrorProbability
    expectedWrongPixels = statistics.expectedWrongPixels
    worstRegionPixels = image.worstRegionPixels
    errorP50 = statistics.percentile50
    errorP90 = statistics.percentile90
    errorP95 = statistics.percentile95
    errorP99 = statistics.percentile99
    meanConfidence = statistics.meanConfidence
    meanEntropy = statistics.meanEntropy
    self.className = image.ofClass == nil ? nil : className
    classPixels = image.ofClass?.predictedPixels
    classExpectedWrongPixels = image.ofClass?.expectedWrongPixels
  }

  static let csvHeader = CommaSeparatedValues.line([
    "position", "path", "width", "height", "expectedErrorRate", "expectedWrongPixels", "worstRegionPixels",
    "errorP50", "errorP90", "errorP95", "errorP99", "meanConfidence", "meanEntropy", "className",
    "classPixels",
    "classExpectedWrongPixels",
  ])

  var csvLine: String {
    let numbers = [
      expectedErrorRate, expectedWrongPixels, worstRegionPixels, errorP50, errorP90, errorP95, errorP99,
      meanConfidence, meanEntropy,
    ]
    return CommaSeparatedValues.line(
      ["\(position)", path, "\(width)", "\(height)"] + numbers.map { "\($0)" } + [
        className ?? "", classPixels.map(String.init) ?? "", classExpectedWrongPixels.map { "\($0)" } ?? "",
      ])
  }
}
