import AuditStore
import Auditing
import GRDB
import Testing

@Suite struct SchemaTests {
  private let database: SampleDatabase
  private let store: AuditStore
  private let run: AuditRun

  init() throws {
    database = try SampleDatabase()
    store = try database.open()
    run = try store.beginRun(.sample())
  }

  private func rows(_ sql: String) throws -> [String] {
    try database.raw { db in
      try Row.fetchAll(db, sql: sql).map { row in
        row.databaseValues.map { "\($0)".replacing("\"", with: "") }.joined(separator: " ")
      }
    }
  }

  private func fill() throws {
    let audits: [(String, ImageAudit)] = [
      ("large", .uniform(error: 0.25, labels: [80, 20, 0])),
      ("small", .uniform(error: 0.75, labels: [0, 0, 10])),
      ("same", .uniform(error: 0.25, labels: [0, 4, 0])),
    ]
    for (path, audit) in audits { try store.record(audit, path: path, contentSHA256: "", run: run) }
    try store.recordFailure(path: "broken", reason: "empty", run: run)
    let other = try store.beginRun(.sample("other"))
    try store.record(.uniform(error: 1, labels: [0, 2, 0]), path: "large", contentSHA256: "", run: other)
  }

  @Test func rankedImages() throws {
    try fill()
    #expect(
      try rows(
        "SELECT run, position, path, expected_error_rate, expected_wrong_pixels FROM ranked_images "
          + "ORDER BY run, position, path") == [
          "first 1 small 0.75 7.5", "first 2 large 0.25 25.0", "first 2 same 0.25 1.0",
          "other 1 large 1.0 2.0",
        ])
  }

  @Test func worstRegions() throws {
    try fill()
    #expect(
      try rows(
        "SELECT run, path, class, x, y, width, height, area_pixels, mean_error_probability, expected_wrong_pixels "
          + "FROM worst_regions") == [
          "first small tree 0 0 10 1 10 0.75 7.5", "other large car 0 0 2 1 2 1.0 2.0",
        ])
  }

  @Test func classSummary() throws {
    try fill()
    #expect(
      try rows(
        "SELECT run, class, images, predicted_pixels, expected_wrong_pixels, expected_error_rate "
          + "FROM class_summary ORDER BY run, class") == [
          "first car 2 24 6.0 0.25", "first road 1 80 20.0 0.25", "first tree 1 10 7.5 0.75",
          "other car 1 2 2.0 1.0", "other road 0 0 0 NULL", "other tree 0 0 0 NULL",
        ])
  }

  @Test(arguments: [
    "UPDATE images SET status = 'maybe'", "UPDATE images SET failure = 'but done'",
    "UPDATE images SET status = 'failed'", "UPDATE images SET mean_error_probability = 1.5",
    "UPDATE images SET mean_error_probability = NULL", "UPDATE images SET width = NULL",
    "UPDATE images SET mean_entropy = NULL", "UPDATE images SET run_id = 99",
    "UPDATE regions SET image_id = 99",
    "UPDATE histograms SET bin = 20", "UPDATE maps SET kind = 'depth'", "UPDATE classes SET red = 256",
    "UPDATE runs SET configuration = '{'", "UPDATE runs SET name = NULL",
    "UPDATE image_classes SET image_id = 99",
    "INSERT INTO images (run_id, path, status, failure) VALUES (1, 'small', 'failed', 'twice')",
    "INSERT INTO runs SELECT 99, name, folder, model_path, model_sha256, '{}', '', '', NULL FROM runs",
  ]) func whatCannotBeIsRefused(sql: String) throws {
    try store.record(.uniform(error: 0.75, labels: [0, 0, 10]), path: "small", contentSHA256: "", run: run)
    #expect(throws: DatabaseError.self) { try database.raw { try $0.execute(sql: sql) } }
  }

  @Test func aRunGoesWithAllThatBelongsToIt() throws {
    try fill()
    try database.raw { try $0.execute(sql: "DELETE FROM runs WHERE name = 'first'") }
    #expect(try ["images", "maps", "regions", "classes"].map { try database.count($0) } == [1, 4, 1, 3])
    try database.raw { try $0.execute(sql: "DELETE FROM runs") }
    for table in ["images", "maps", "regions", "classes", "histograms", "image_classes"] {
      #expect(try database.count(table) == 0)
    }
    #expect(try rows("PRAGMA foreign_key_check").isEmpty)
    #expect(try rows("PRAGMA integrity_check") == ["ok"])
  }

  /// The worst place to break off is after all but the last row of an image.
  @Test(arguments: ["maps", "histograms", "regions", "image_classes"])
  func aBrokenOffImageLeavesNothing(table: String) throws {
    try database.raw {
      try $0.execute(
        sql: "CREATE TRIGGER full AFTER INSERT ON \(table) BEGIN SELECT RAISE(ABORT, 'no room left'); END")
    }
    let reason = SampleDatabase.reason {
      try store.record(.sample(seed: 1), path: "a", contentSHA256: "", run: run)
    }
    #expect(reason.contains(database.path) && reason.contains("no room left"))
    for table in ["images", "maps", "regions", "histograms", "image_classes"] {
      #expect(try database.count(table) == 0)
    }
    try database.raw { try $0.execute(sql: "DROP TRIGGER full") }
    try store.record(.sample(seed: 1), path: "a", contentSHA256: "", run: run)
    #expect(try database.count("maps") == 4)
  }

  @Test(arguments: [
    ("mean_error_probability DESC", "images_by_error_rate"),
    ("expected_wrong_pixels DESC", "images_by_wrong_pixels"),
    ("worst_region_pixels DESC", "images_by_worst_region"), ("mean_entropy DESC", "images_by_entropy"),
    ("mean_confidence", "images_by_confidence"),
  ]) func everyOrderHasItsIndex(order: String, index: String) throws {
    let plan = try rows(
      "EXPLAIN QUERY PLAN SELECT images.* FROM images WHERE run_id = 1 AND status = 'done' "
        + "ORDER BY \(order), path LIMIT 20")
    #expect(plan.contains { $0.contains("USING INDEX \(index)") }, "\(plan)")
  }
}
