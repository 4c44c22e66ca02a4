import Auditing
import GRDB
import Synchronization

extension AuditStore {
  /// Calls `body` with each image, the worst first, one at a time: memory does not grow with the run.
  package func forEachRankedImage(
    _ run: AuditRun, _ query: RankingQuery, _ body: @Sendable (AuditedImage) throws -> Void
  ) throws(AuditStoreError) {
    let statements = RankingStatements(run: run, query: query)
    try read { db in
      let selection = try statements.selections.first { try !Self.holds($0.hasMany, db) }
      if let index = selection?.index {
        return try Self.forEachRow(statements.ordered(by: index), query, db, body)
      }
      if selection == nil, let found = try Self.walk(statements, db) { return try found.forEach(body) }
      guard let scan = statements.scan else {
        return try Self.forEachRow(statements.ordered(), query, db, body)
      }
      try Self.forEachFound(scan, statements.imageByID, query, db, body)
    }
  }

  package func rankedImages(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> [AuditedImage]
  {
    let images = Mutex<[AuditedImage]>([])
    try forEachRankedImage(run, query) { image in images.withLock { $0.append(image) } }
    return images.withLock { $0 }
  }

  /// How SQLite answers a query, step by step.
  package struct RankingPlan: Sendable {
    /// Along the order, or from its top.
    package let order: [String]
    /// Where the top holds too few images that pass the filters.
    package let scan: [String]?
    /// By a filter that few images pass, for each that has an index.
    package let selections: [[String]]
  }

  package func rankingPlan(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> RankingPlan {
    let statements = RankingStatements(run: run, query: query)
    return try read { db in
      func plan(_ statements: [RankingStatements.Statement]) throws -> [String] {
        try statements.flatMap {
          try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + $0.text, arguments: $0.arguments)
            .map { $0["detail"] }
        }
      }
      return try RankingPlan(
        order: plan(statements.walk ?? statements.ordered()), scan: statements.scan.map { try plan([$0]) },
        selections: statements.selections.map { selection in
          try plan([selection.hasMany] + (selection.index.map { statements.ordered(by: $0) } ?? []))
        })
    }
  }

  private static func holds(_ statement: RankingStatements.Statement, _ db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: statement.text, arguments: statement.arguments) ?? false
  }

  private static func forEachRow(
    _ statements: [RankingStatements.Statement], _ query: RankingQuery, _ db: Database,
    _ body: (AuditedImage) throws -> Void
  ) throws {
    var quota = FolderQuota(query)
    for statement in statements where !quota.isFull {
      let rows = try Row.fetchCursor(db, sql: statement.text, arguments: statement.arguments)
      while !quota.isFull, let row = try rows.next() {
        let image = image(row, classIndex: query.classIndex)
        if quota.takes(image.path) { try body(image) }
      }
    }
  }

  /// The images of a statement that gives `id` and `path`.
  private static func forEachFound(
    _ statement: RankingStatements.Statement, _ imageByID: String, _ query: RankingQuery, _ db: Database,
    _ body: (AuditedImage) throws -> Void
  ) throws {
    var quota = FolderQuota(query)
    let found = try Row.fetchCursor(db, sql: statement.text, arguments: statement.arguments)
    let images = try db.makeStatement(sql: imageByID)
    while !quota.isFull, let row = try found.next() {
      guard quota.takes(row["path"]) else { continue }
      if let image = try Row.fetchOne(images, arguments: [row["id"] as Int64]) {
        try body(Self.image(image, classIndex: nil))
      }
    }
  }

  /// - Returns: `nil` where there is nothing to walk along, or the walk ended before enough images were found.
  private static func walk(_ statements: RankingStatements, _ db: Database) throws -> [AuditedImage]? {
    guard let parts = statements.walk else { return nil }
    let query = statements.query
    var quota = FolderQuota(query)
    var found: [AuditedImage] = []
    var seen = 0
    for part in parts where !quota.isFull && seen < query.walkLimit {
      let rows = try Row.fetchCursor(db, sql: part.text, arguments: part.arguments)
      while !quota.isFull, let row = try rows.next() {
        seen += 1
        guard (row["passes"] as Bool?) == true else { continue }
        let image = image(row, classIndex: query.classIndex)
        if quota.takes(image.path) { found.append(image) }
      }
    }
    return quota.isFull || seen < query.walkLimit ? found : nil
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
