import Foundation
import GRDB

/// Every row of a database of audits as text, but for what may differ between two audits of the same images: row
/// numbers, names of runs, times, the table `events`, which is the account of what happened when, and the columns of
/// version 8, which hold what `images` does by row numbers.
struct AuditContents {
  let rows: [String]
  /// What `PRAGMA integrity_check` and `PRAGMA foreign_key_check` complain of, and blocks that are called current but do
  /// not hold as many images as the table.
  let damage: [String]

  init(_ path: String, run: String? = nil) throws {
    (rows, damage) = try DatabaseQueue(path: path).read { db in
      let tables = try String.fetchAll(
        db,
        sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'events' ORDER BY name")
      let rows = try tables.filter { !["image_blocks", "image_columns"].contains($0) }
        .flatMap { try Self.rows(ofTable: $0, run: run, db) }
      let damage =
        try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
        + Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { "\($0)" }
        + (tables.contains("image_blocks") ? Self.wrongBlocks(db) : [])
      return (rows, damage)
    }
  }

  private static func wrongBlocks(_ db: Database) throws -> [String] {
    try String.fetchAll(
      db,
      sql: """
        SELECT 'block ' || block || ' of run ' || run_id FROM image_blocks AS b
        WHERE is_current AND (
          SELECT length(data) / 2 FROM image_columns AS c
          WHERE c.run_id = b.run_id AND c.block = b.block AND c.name = 'id'
        ) IS NOT (
          SELECT count(*) FROM images
          WHERE images.run_id = b.run_id AND images.id >> 14 = b.block AND status = 'done')
        """)
  }

  private static func rows(ofTable table: String, run: String?, _ db: Database) throws -> [String] {
    let columns = try db.columns(in: table).map(\.name)
    let kept = columns.filter {
      !["id", "run_id", "image_id", "duplicate_of", "name"].contains($0) && !$0.hasSuffix("_at")
    }
    var key = "''"
    var join = ""
    if columns.contains("image_id") {
      key = "images.path"
      join = "JOIN images ON images.id = t.image_id JOIN runs ON runs.id = images.run_id"
    } else if columns.contains("run_id") {
      join = "JOIN runs ON runs.id = t.run_id"
    }
    if columns.contains("duplicate_of") { key = "(SELECT path FROM images WHERE id = t.duplicate_of)" }
    let owner = table == "runs" ? "t" : "runs"
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT \(key) AS key, \(kept.map { "t.\($0)" }.joined(separator: ", ")) FROM \(table) t \(join)
        WHERE :run IS NULL OR \(owner).name = :run
        """, arguments: ["run": run])
    return rows.map { row in
      "\(table): "
        + zip(row.columnNames, row.databaseValues).map { "\($0)=\(text($1))" }.joined(separator: " ")
    }.sorted()
  }

  private static func text(_ value: DatabaseValue) -> String {
    if case .blob(let data) = value.storage { return data.base64EncodedString() }
    return "\(value)"
  }

  /// What one holds and the other does not, a few of each; empty if they are equal.
  func differences(from other: AuditContents) -> [String] {
    let (mine, theirs) = (Set(rows), Set(other.rows))
    guard mine != theirs || rows.count != other.rows.count else { return damage + other.damage }
    return ["\(rows.count) and \(other.rows.count) rows"] + damage + other.damage
      + mine.subtracting(theirs).sorted().prefix(3).map { "here: \($0.prefix(300))" }
      + theirs.subtracting(mine).sorted().prefix(3).map { "there: \($0.prefix(300))" }
  }
}
