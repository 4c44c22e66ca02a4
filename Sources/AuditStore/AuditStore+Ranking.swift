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
  /// Where a limited query has filters with indexes: so many images are looked at from the top of the order, before all
  /// that pass the filters are sorted.
  package var walkLimit = 5000

  package init() {}
}

extension AuditStore {
  /// Calls `body` with each image, the worst first, one at a time: memory does not grow with the run.
  package func forEachRankedImage(
    _ run: AuditRun, _ query: RankingQuery, _ body: @Sendable (AuditedImage) throws -> Void
  ) throws(AuditStoreError) {
    try read { db in
      if let found = try Self.walk(run, query, db) { return try found.forEach(body) }
      let statement = Self.rankingSQL(run, query)
      let rows = try Row.fetchCursor(db, sql: statement.text, arguments: statement.arguments)
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

  /// How SQLite answers a query, step by step; of the walk, where that is what is tried first.
  package func rankingPlan(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> [String] {
    let statement = Self.walkSQL(run, query) ?? Self.rankingSQL(run, query)
    return try read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + statement.text, arguments: statement.arguments)
        .map { $0["detail"] }
    }
  }

  /// Looks for the images of a limited query from the top of the order, along its index.
  ///
  /// SQLite knows neither how many images pass a filter nor that they are mostly at the top of every order. It takes the
  /// filter's index and sorts all that pass: at a million images 0.7 s.
  ///
  /// - Returns: `nil` where there is nothing to walk along, or the walk ended before enough images were found.
  private static func walk(_ run: AuditRun, _ query: RankingQuery, _ db: Database) throws -> [AuditedImage]? {
    guard let statement = walkSQL(run, query) else { return nil }
    let rows = try Row.fetchCursor(db, sql: statement.text, arguments: statement.arguments)
    var quota = FolderQuota(query)
    var found: [AuditedImage] = []
    var seen = 0
    while !quota.isFull, let row = try rows.next() {
      seen += 1
      guard (row["passes"] as Bool?) == true else { continue }
      let image = image(row, classIndex: query.classIndex)
      if quota.takes(image.path) { found.append(image) }
    }
    return quota.isFull || seen < query.walkLimit ? found : nil
  }

  private typealias Statement = (text: String, arguments: StatementArguments)

  /// The images from the top of the order, each with whether it passes the filters; `nil` for a query without limit, or
  /// an index of its order, or where no filter has an index that SQLite could take instead.
  private static func walkSQL(_ run: AuditRun, _ query: RankingQuery) -> Statement? {
    guard query.limit != nil, let filter = filterSQL(query),
      query.minimumErrorRate != nil || query.condition?.asksIndexedColumn == true,
      query.order != .gainPerMinute || query.cost == AnnotationCost()
    else { return nil }
    let images = imagesSQL(run, query, columns: ", (\(filter.text)) AS passes")
    return (
      images.text + " ORDER BY \(orderSQL(query)) LIMIT ?",
      filter.arguments + images.arguments + [query.walkLimit]
    )
  }

  private static func rankingSQL(_ run: AuditRun, _ query: RankingQuery) -> Statement {
    var (sql, arguments) = imagesSQL(run, query)
    if let filter = filterSQL(query) {
      sql += " AND " + filter.text
      arguments += filter.arguments
    }
    sql += " ORDER BY \(orderSQL(query))"
    if let limit = query.limit, query.limitPerFolder == nil {
      sql += " LIMIT ?"
      arguments += [limit]
    }
    return (sql, arguments)
  }

  /// The run's audited images, of which more can be asked.
  private static func imagesSQL(
    _ run: AuditRun, _ query: RankingQuery, columns: String = ""
  ) -> Statement {
    var arguments: StatementArguments = []
    var sql = "SELECT images.*" + (query.order == .worstRegion ? worstRegionArea : "")
    if let index = query.classIndex {
      sql += """
        , c.predicted_pixels AS class_pixels, c.expected_wrong_pixels AS class_wrong\(columns) FROM images
        JOIN image_classes c ON c.image_id = images.id AND c.run_id = ? AND c.class_index = ?
        """
      arguments += [run.id, index]
    } else {
      sql += "\(columns) FROM images"
    }
    sql += " WHERE images.run_id = ? AND status = 'done'"
    arguments += [run.id]
    if query.leavesOutDuplicates { sql += " AND duplicate_of IS NULL" }
    return (sql, arguments)
  }

  /// A look-up an image: only for those who ask about regions.
  private static let worstRegionArea = """
    , (SELECT area_pixels FROM regions
      WHERE image_id = images.id AND regions.expected_wrong_pixels = images.worst_region_pixels LIMIT 1)
    AS worst_region_area
    """

  /// What an image must fulfil besides; `nil` for nothing.
  private static func filterSQL(_ query: RankingQuery) -> Statement? {
    var parts: [String] = []
    var arguments: StatementArguments = []
    if let minimum = query.minimumErrorRate {
      parts.append((query.classIndex == nil ? "mean_error_probability" : "c.expected_error_rate") + " >= ?")
      arguments += [minimum]
    }
    if let condition = query.condition?.sql {
      parts.append("(\(condition.text))")
      arguments += condition.arguments
    }
    return parts.isEmpty ? nil : (parts.joined(separator: " AND "), arguments)
  }

  /// Equal ones by path. By a class's own numbers, in the order in which they were audited: its index has no paths, and
  /// many images may be wrong in all pixels of a rare class.
  private static func orderSQL(_ query: RankingQuery) -> String {
    query.classIndex != nil && query.order.countsOneClass
      ? "\(valueSQL(query)), c.image_id" : "\(valueSQL(query)), path"
  }

  /// Images that a database of an older version knows too little about come last.
  private static func valueSQL(_ query: RankingQuery) -> String {
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
      worstRegionPixels: row["worst_region_pixels"], worstRegionArea: row["worst_region_area"],
      balancedErrorRate: row["balanced_error_rate"],
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
