import AuditStore
import Auditing
import GRDB
import Testing

/// Rankings by columns, on runs of several blocks.
@Suite struct ColumnScanTests {
  private let database: SampleDatabase
  private let store: AuditStore
  private let run: AuditRun

  /// 34,000 images, of which every third belongs to another run, and some failed; many are equal in what they are ranked
  /// by. As another program would write them.
  init() throws {
    database = try SampleDatabase()
    store = try database.open()
    run = try store.beginRun(.sample())
    _ = try store.beginRun(.sample("other"))
    try database.raw { db in
      try db.execute(
        sql: """
          WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 34000)
          INSERT INTO images (id, run_id, path, status, failure) SELECT i, 1, 'broken/' || i, 'failed', 'empty'
          FROM n WHERE i % 1000 = 999;
          WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 34000)
          INSERT INTO images (id, run_id, path, status, content_sha256, width, height, mean_error_probability,
            expected_wrong_pixels, error_p50, error_p90, error_p95, error_p99, mean_confidence, mean_entropy,
            worst_region_pixels, mean_margin, balanced_error_rate, region_count, region_wrong_pixels,
            region_boundary_length, duplicate_of)
          SELECT i, 1 + (i % 3 = 0), substr('aBcÄ', i % 4 + 1, 1) || '/Cam_' || (i * 7919 % 34019) || '.png', 'done',
            '', 10 + i % 3, 8, i * 31 % 997 / 997.0, i % 5, 0.1, i % 7 / 7.0, 0.3, i * 13 % 101 / 100.0,
            1 - i * 31 % 997 / 997.0, 0.5, i % 2, iif(i % 11, i % 13 / 13.0, NULL), i % 17 / 17.0,
            iif(i % 10, i % 4, NULL), iif(i % 10, i % 6, NULL), iif(i % 10, 40, NULL), iif(i % 8, NULL, 1)
          FROM n WHERE i % 1000 != 999;
          INSERT INTO image_classes (image_id, run_id, class_index, predicted_pixels, expected_wrong_pixels)
          SELECT id, run_id, 0, 1 + id % 40, (1 + id % 40) * (id * 37 % 53) / 53.0 FROM images
          WHERE id % 5 AND status = 'done';
          INSERT INTO image_classes (image_id, run_id, class_index, predicted_pixels, expected_wrong_pixels)
          SELECT id, run_id, 2, 4, id % 4 FROM images WHERE id % 700 < 9 AND status = 'done'
          """)
    }
  }

  private static let conditions = [
    "error_p99 >= 0.99", "path like '%_7.PNG'", "path like 'b/%1%2%3.png'", "path like 'Ä/cam\\_4%'",
    "path like '%4%4%'", "path like 'c/cam_1234.png'", "not path like '%a%'", "path like ''", "path like '%'",
    "path like '%7919.png%'", "path < 'b'", "path >= 'a/' and path <= 'a/Cam_5'",
    "path != 'x' and path > 'c'", "worst_region = 0", "wrong_pixels = 0 and width < 13",
    "margin > 0.9 or regions = 3", "not (margin > 0.1 and regions != 2)", "not margin <= 0.5",
    "gain_per_minute > 4 and width = 12", "error_rate < 0.01 or wrong_pixels >= 4 and not height > 8",
  ]

  private func check(_ conditions: [String?] = Self.conditions) throws {
    for (index, text) in conditions.enumerated() {
      var query = RankingQuery()
      query.order = RankingOrder.allCases[index % RankingOrder.allCases.count]
      query.condition = try text.map { try Condition.onImages($0) }
      let (limit, perFolder) = [(7, nil), (9, 2), (5000, nil), (30, 4)][index / 2 % 4] as (Int, Int?)
      (query.limit, query.limitPerFolder) = (limit, perFolder)
      query.leavesOutDuplicates = limit == 7
      query.minimumErrorRate = limit == 30 ? 0.25 : nil
      // Class 1 is in no image.
      for classIndex in [nil, 0, index % 2 + 1] {
        query.classIndex = classIndex
        query.walkLimit = 0
        let byColumns = try store.rankedImages(run, query)
        query.walkLimit = 100_000
        #expect(
          try store.rankedImages(run, query) == byColumns,
          "\(text ?? "all"), \(query.order), class \(classIndex ?? -1), \(limit)")
      }
    }
  }

  private func blocks() throws -> [Int] {
    try database.raw {
      try Int.fetchAll($0, sql: "SELECT is_current FROM image_blocks WHERE run_id = 1 ORDER BY block")
    }
  }

  @Test func sameAsBySQLite() throws {
    #expect(try blocks() == [0, 0, 0])
    try check()
    try store.updateColumns(run)
    #expect(try blocks() == [1, 1, 1])
    let bounds = try database.raw {
      try String.fetchAll($0, sql: "SELECT first_path || ' ' || last_path FROM image_blocks WHERE run_id = 1")
    }
    #expect(bounds.allSatisfy { $0.hasPrefix("a/cam_") && $0.contains(" Ä/cam_") })
    try check()
    // An order that has no index.
    var query = RankingQuery()
    (query.order, query.cost.perRegion) = (.gainPerMinute, 3)
    let all = try store.rankedImages(run, query).prefix(3000)
    query.limit = 3000
    #expect(try store.rankedImages(run, query) == Array(all))
  }

  /// Whatever changes an image, in whatever program, is seen.
  @Test(arguments: [
    ("UPDATE images SET path = 'b/1.2.3.png' WHERE id = 20000", [1, 0, 1]),
    ("UPDATE images SET mean_margin = NULL WHERE id IN (1, 34000)", [0, 1, 0]),
    ("UPDATE images SET run_id = 2 WHERE id % 100 = 1", [0, 0, 0]),
    ("UPDATE images SET run_id = 1 WHERE id = 16386", [1, 0, 1]),
    ("UPDATE images SET id = 50001 WHERE id = 16385", [1, 0, 1, 0]),
    ("DELETE FROM images WHERE id > 32767", [1, 1, 0]),
    ("UPDATE images SET path = 'B/11' || substr('99999' || id, -5) || '23.png' WHERE id > 16383", [1, 0, 0]),
    ("UPDATE images SET duplicate_of = NULL WHERE id BETWEEN 16384 AND 32767", [1, 0, 1]),
    ("UPDATE images SET failure = 'missing' WHERE status = 'failed'", [1, 1, 1]),
    (
      "UPDATE image_classes SET expected_wrong_pixels = 0 WHERE class_index = 0 AND image_id < 9000",
      [0, 1, 1]
    ),
    ("DELETE FROM image_classes WHERE image_id BETWEEN 20000 AND 30000", [1, 0, 1]),
    ("UPDATE image_classes SET class_index = 1 WHERE class_index = 2 AND image_id > 32767", [1, 1, 0]),
    ("DELETE FROM image_classes WHERE class_index = 2 AND image_id < 32768 OR class_index = 1", [0, 0, 1]),
    (
      "INSERT INTO image_classes (image_id, run_id, class_index, predicted_pixels, expected_wrong_pixels) VALUES "
        + "(5, 1, 0, 9, 9)", [0, 1, 1]
    ),
    (
      "INSERT INTO images (run_id, path, status, failure) VALUES (1, 'd', 'failed', 'empty')", [1, 1, 0]
    ),
  ]) func changesAreSeen(change: String, expected: [Int]) throws {
    try store.updateColumns(run)
    try database.raw { try $0.execute(sql: change) }
    #expect(try blocks() == expected)
    try check(["path like 'b/%1%2%3.png'", "margin > 0.9 or regions = 3"])
    try store.updateColumns(run)
    #expect(try blocks().allSatisfy { $0 == 1 })
    try check(["path like 'b/%1%2%3.png'", "margin > 0.9 or regions = 3"])
  }

  @Test func aMissingColumnIsAnError() throws {
    try store.updateColumns(run)
    try database.raw {
      try $0.execute(sql: "DELETE FROM image_columns WHERE name = 'error_p99' AND block = 1")
    }
    var query = RankingQuery()
    (query.limit, query.walkLimit) = (1, 0)
    query.condition = try .onImages("error_p95 > 2")
    #expect(try store.rankedImages(run, query).isEmpty)
    query.condition = try .onImages("error_p99 > 2")
    let reason = SampleDatabase.reason { _ = try store.rankedImages(run, query) }
    #expect(reason.contains("column error_p99 of block 1 is missing"))
  }

  /// An audit writes the columns of a block when it is full, and the rest when it ends.
  @Test(arguments: [true, false]) func anAuditWritesThem(finishes: Bool) throws {
    try database.raw { try $0.execute(sql: "DELETE FROM images WHERE id > 16382") }
    try store.record(.sample(seed: 1), path: "last/1", contentSHA256: "", run: run)
    #expect(try blocks() == [0, 0, 0])
    try store.record(.sample(seed: 2), path: "last/2", contentSHA256: "", run: run)
    try store.record(.sample(seed: 3), path: "last/3", contentSHA256: "", run: run)
    #expect(try blocks() == [1, 0, 0])
    try check(["path like 'last%'"])
    if finishes { try store.finishRun(run) } else { try store.interruptRun(run) }
    #expect(try blocks() == [1, 1, 1])
    #expect(
      try database.raw { try Int.fetchOne($0, sql: "SELECT count(*) FROM image_columns WHERE run_id = 2") }
        == 0)
    try check()
  }

  @Test func theyGoWithTheirRun() throws {
    try store.updateColumns(run)
    try database.raw { try $0.execute(sql: "PRAGMA foreign_keys = ON; DELETE FROM runs WHERE id = 1") }
    #expect(try database.count("image_columns") == 0)
    #expect(try blocks().isEmpty)
  }
}
