import Auditing
import GRDB
import Synchronization

/// Which images a query wants.
package struct RankingQuery: Sendable {
  package var order: RankingOrder = .expectedErrorRate
  /// Only images in which this class is predicted; ranked by its numbers in the first two orders.
  package var classIndex: Int?
  /// Only images whose expected error rate (of the class, where one is given) is at least this.
  package var minimumErrorRate: Double?
  package var limit: Int?
  /// At most this many images of each folder.
  package var limitPerFolder: Int?
  /// For `RankingOrder.gainPerMinute`.
  package var cost = AnnotationCost()
  /// Leaves out images that repeat another one of the run.
  package var leavesOutDuplicates = false
  /// Only images for which this holds (`Condition.onImages`).
  package var condition: Condition?

  package init() {}
}

extension AuditStore {
  /// Calls `body` with each image, the worst first, one at a time: memory does not grow with the run.
  package func forEachRankedImage(
    _ run: AuditRun, _ query: RankingQuery, _ body: @Sendable (AuditedImage) throws -> Void
  ) throws(AuditStoreError) {
    let (sql, arguments) = Self.rankingSQL(run, query)
    try read { db in
      let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
      var quota = FolderQuota(query)
      while !quota.isFull, let row = try rows.next() {
        let image = Self.image(row, classIndex: query.classIndex)
        if quota.takes(image.path) { try body(image) }
      }
    }
  }

  package func rankedImages(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> [AuditedImage]
  {
    let images = Mutex<[AuditedImage]>([])
    try forEachRankedImage(run, query) { image in images.withLock { $0.append(image) } }
    return images.withLock { $0 }
  }

  /// How SQLite answers a query, step by step.
  package func rankingPlan(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> [String] {
    let (sql, arguments) = Self.rankingSQL(run, query)
    return try read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] }
    }
  }

  private static func rankingSQL(_ run: AuditRun, _ query: RankingQuery) -> (String, StatementArguments) {
    var arguments: StatementArguments = []
    var sql = "SELECT images.*"
    if let index = query.classIndex {
      sql += """
        , c.predicted_pixels AS class_pixels, c.expected_wrong_pixels AS class_wrong FROM images
        JOIN image_classes c ON c.image_id = images.id AND c.run_id = ? AND c.class_index = ?
        """
      arguments += [run.id, index]
    } else {
      sql += " FROM images"
    }
    sql += " WHERE images.run_id = ? AND status = 'done'"
    arguments += [run.id]
    if query.leavesOutDuplicates { sql += " AND duplicate_of IS NULL" }
    let classRate = "c.expected_error_rate"
    if let minimum = query.minimumErrorRate {
      sql += " AND \(query.classIndex == nil ? "mean_error_probability" : classRate) >= ?"
      arguments += [minimum]
    }
    if let condition = query.condition?.sql {
      sql += " AND (\(condition.text))"
      arguments += condition.arguments
    }
    sql += " ORDER BY \(orderSQL(query)), path"
    if let limit = query.limit, query.limitPerFolder == nil {
      sql += " LIMIT ?"
      arguments += [limit]
    }
    return (sql, arguments)
  }

  /// Images that a database of an older version knows too little about come last.
  private static func orderSQL(_ query: RankingQuery) -> String {
    let hasClass = query.classIndex != nil
    switch query.order {
    case .expectedErrorRate:
      return hasClass ? "c.expected_error_rate DESC" : "mean_error_probability DESC"
    case .expectedWrongPixels:
      return hasClass ? "c.expected_wrong_pixels DESC" : "images.expected_wrong_pixels DESC"
    case .worstRegion: return "worst_region_pixels DESC"
    case .classBalanced: return "balanced_error_rate DESC"
    case .gainPerMinute:
      let cost = query.cost
      // The column with its index holds the default costs.
      guard cost != AnnotationCost() else { return "gain_per_minute DESC" }
      return "region_wrong_pixels / (\(cost.perImage) + \(cost.perRegion) * region_count + "
        + "\(cost.perBoundaryPixel) * region_boundary_length) DESC"
    case .entropy: return "mean_entropy DESC"
    case .margin: return "mean_margin ASC NULLS LAST"
    case .confidence: return "mean_confidence"
    }
  }

  private static func image(_ row: Row, classIndex: Int?) -> AuditedImage {
    AuditedImage(
      id: row["id"], path: row["path"], width: row["width"], height: row["height"],
      contentSHA256: row["content_sha256"], imageSHA256: row["image_sha256"],
      statistics: ImageStatistics(
        meanErrorProbability: row["mean_error_probability"],
        expectedWrongPixels: row["expected_wrong_pixels"],
        percentile50: row["error_p50"], percentile90: row["error_p90"], percentile95: row["error_p95"],
        percentile99: row["error_p99"], meanConfidence: row["mean_confidence"],
        meanEntropy: row["mean_entropy"], meanMargin: row["mean_margin"], histogram: []),
      worstRegionPixels: row["worst_region_pixels"], balancedErrorRate: row["balanced_error_rate"],
      regions: regionTotals(row), original: row["duplicate_of"],
      ofClass: classIndex.map {
        ClassStatistics(
          classIndex: $0, predictedPixels: row["class_pixels"], expectedWrongPixels: row["class_wrong"])
      })
  }

  private static func regionTotals(_ row: Row) -> RegionTotals? {
    guard let count = row["region_count"] as Int?, let length = row["region_boundary_length"] as Int?,
      let wrong = row["region_wrong_pixels"] as Double?
    else { return nil }
    return RegionTotals(count: count, boundaryLength: length, expectedWrongPixels: wrong)
  }
}

/// Counts what a ranking has given of each folder.
private struct FolderQuota {
  private let limit: Int
  private let perFolder: Int?
  private var taken = 0
  private var ofFolder: [Substring: Int] = [:]

  init(_ query: RankingQuery) {
    limit = query.limit ?? .max
    perFolder = query.limitPerFolder
  }

  var isFull: Bool { taken >= limit }

  mutating func takes(_ path: String) -> Bool {
    if let perFolder {
      let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
      guard ofFolder[folder, default: 0] < perFolder else { return false }
      ofFolder[folder, default: 0] += 1
    }
    taken += 1
    return true
  }
}
