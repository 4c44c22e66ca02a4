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
      let prepared = try db.makeStatement(sql: statement.text)
      let columns = try RankedImageColumns(prepared, classIndex: query.classIndex)
      let rows = try Row.fetchCursor(prepared, arguments: statement.arguments)
      while !quota.isFull, let row = try rows.next() {
        let image = columns.image(row)
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
    let columns = try RankedImageColumns(images, classIndex: nil)
    while !quota.isFull, let row = try found.next() {
      guard quota.takes(row["path"]) else { continue }
      if let image = try Row.fetchOne(images, arguments: [row["id"] as Int64]) {
        try body(columns.image(image))
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
      let folder = AuditedImage.folder(of: path)
      guard ofFolder[folder, default: 0] < perFolder else { return false }
      ofFolder[folder, default: 0] += 1
    }
    taken += 1
    return true
  }
}
