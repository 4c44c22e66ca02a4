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
      if let found = try Self.walk(statements, db) { return try found.forEach(body) }
      guard statements.isForScan else { return try Self.forEachRow(statements.ordered, query, db, body) }
      try Self.forEachFound(statements, db, body)
    }
  }

  package func rankedImages(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> [AuditedImage]
  {
    let images = Mutex<[AuditedImage]>([])
    try forEachRankedImage(run, query) { image in images.withLock { $0.append(image) } }
    return images.withLock { $0 }
  }

  /// How SQLite walks along the order, or from its top, step by step.
  package func rankingPlan(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> [String] {
    let statements = RankingStatements(run: run, query: query)
    return try read { db in
      try (statements.walk ?? statements.ordered).flatMap {
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + $0.text, arguments: $0.arguments)
          .map { $0["detail"] }
      }
    }
  }

  private static func forEachRow(
    _ statements: [RankingStatements.Statement], _ query: RankingQuery, _ db: Database,
    _ body: (AuditedImage) throws -> Void
  ) throws {
    var quota = FolderQuota(query)
    for statement in statements where !quota.isFull {
      let prepared = try db.makeStatement(sql: statement.text)
      let columns = try RankedImageColumns(prepared, classIndex: query.classIndex)
      let rows = try Row.fetchCursor(prepared, arguments: statement.arguments)
      while !quota.isFull, let row = try rows.next() {
        let image = columns.image(row)
        if quota.takes(image.path) { try body(image) }
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
      let prepared = try db.makeStatement(sql: part.text)
      let columns = try RankedImageColumns(prepared, classIndex: query.classIndex)
      let rows = try Row.fetchCursor(prepared, arguments: part.arguments)
      while !quota.isFull, let row = try rows.next() {
        seen += 1
        guard (row["passes"] as Bool?) == true else { continue }
        let image = columns.image(row)
        if quota.takes(image.path) { found.append(image) }
      }
    }
    return quota.isFull || seen < query.walkLimit ? found : nil
  }

  /// By columns.
  private static func forEachFound(
    _ statements: RankingStatements, _ db: Database, _ body: (AuditedImage) throws -> Void
  ) throws {
    let query = statements.query
    var scan = try ColumnScan(run: statements.run, query: query, db)
    let images = try db.makeStatement(sql: statements.imageByID)
    let columns = try RankedImageColumns(images, classIndex: query.classIndex)
    for id in try scan.ids() {
      if let row = try Row.fetchOne(images, arguments: statements.arguments(id: id)) {
        try body(columns.image(row))
      }
    }
  }
}
