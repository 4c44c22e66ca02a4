import Auditing
import GRDB

/// Where a statement's rows hold what an `AuditedImage` is made of: looked up by name once, not for every row.
struct RankedImageColumns {
  private let id, path, width, height, contentSHA256, imageSHA256: Int
  private let meanErrorProbability, expectedWrongPixels, meanConfidence, meanEntropy, meanMargin: Int
  private let percentile50, percentile90, percentile95, percentile99: Int
  private let worstRegionPixels, balancedErrorRate, duplicateOf: Int
  private let regionCount, regionWrongPixels, regionBoundaryLength: Int
  private let worstRegionArea: Int?
  private let ofClass: (index: Int, pixels: Int, wrong: Int)?

  /// - Parameter statement: gives all columns of `images`, and those of the class where one is given.
  init(_ statement: Statement, classIndex: Int?) throws {
    let names = Dictionary(zip(statement.columnNames, 0...), uniquingKeysWith: { first, _ in first })
    func column(_ name: String) throws -> Int {
      guard let index = names[name] else { throw DatabaseError(message: "no column \(name)") }
      return index
    }
    id = try column("id")
    path = try column("path")
    width = try column("width")
    height = try column("height")
    contentSHA256 = try column("content_sha256")
    imageSHA256 = try column("image_sha256")
    meanErrorProbability = try column("mean_error_probability")
    expectedWrongPixels = try column("expected_wrong_pixels")
    meanConfidence = try column("mean_confidence")
    meanEntropy = try column("mean_entropy")
    meanMargin = try column("mean_margin")
    percentile50 = try column("error_p50")
    percentile90 = try column("error_p90")
    percentile95 = try column("error_p95")
    percentile99 = try column("error_p99")
    worstRegionPixels = try column("worst_region_pixels")
    balancedErrorRate = try column("balanced_error_rate")
    duplicateOf = try column("duplicate_of")
    regionCount = try column("region_count")
    regionWrongPixels = try column("region_wrong_pixels")
    regionBoundaryLength = try column("region_boundary_length")
    worstRegionArea = names["worst_region_area"]
    ofClass = try classIndex.map { ($0, try column("class_pixels"), try column("class_wrong")) }
  }

  func image(_ row: Row) -> AuditedImage {
    AuditedImage(
      id: row[id], path: row[path], width: row[width], height: row[height],
      contentSHA256: row[contentSHA256], imageSHA256: row[imageSHA256],
      statistics: ImageStatistics(
        meanErrorProbability: row[meanErrorProbability], expectedWrongPixels: row[expectedWrongPixels],
        percentile50: row[percentile50], percentile90: row[percentile90], percentile95: row[percentile95],
        percentile99: row[percentile99], meanConfidence: row[meanConfidence], meanEntropy: row[meanEntropy],
        meanMargin: row[meanMargin], histogram: []),
      worstRegionPixels: row[worstRegionPixels], worstRegionArea: worstRegionArea.flatMap { row[$0] },
      balancedErrorRate: row[balancedErrorRate], regions: regionTotals(row), original: row[duplicateOf],
      ofClass: ofClass.map {
        ClassStatistics(
          classIndex: $0.index, predictedPixels: row[$0.pixels], expectedWrongPixels: row[$0.wrong])
      })
  }

  private func regionTotals(_ row: Row) -> RegionTotals? {
    guard let count = row[regionCount] as Int?, let length = row[regionBoundaryLength] as Int?,
      let wrong = row[regionWrongPixels] as Double?
    else { return nil }
    return RegionTotals(count: count, boundaryLength: length, expectedWrongPixels: wrong)
  }
}
