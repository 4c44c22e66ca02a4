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
          "other car 1 2 2.0 1.0", "other road 0 0 0.0 NULL", "other tree 0 0 0.0 NULL",
        ])
  }

  @Test func runSummary() throws {
    try fill()
    _ = try store.beginRun(.sample("empty"))
    #expect(
      try rows("SELECT * FROM run_summary ORDER BY run") == [
        "empty 0 0 0 0.0 NULL", "first 3 1 114 33.5 \(33.5 / 114)", "other 1 0 2 2.0 1.0",
      ])
  }

  /// The image's worst region has another range than its others.
  @Test func worstRegionsWithIntervals() throws {
    try store.record(
      RunIntervals(
        ofRegion: RegionErrorRatios(
          worst: ErrorRateRatio(lower: 0.5, upper: 1.5, coverage: 0.95, calibrationImages: 40),
          others: ErrorRateRatio(lower: 0, upper: 1.25, coverage: 0.95, calibrationImages: 39))), run: run)
    let errors: [Float] = [0.75, 0.75, 0, 0.5]
    var settings = RegionSettings()
    settings.minimumAreaPixels = 1
    let prediction = PixelPrediction(
      width: 4, height: 1, classCount: 3, labels: [0, 0, 0, 0], errorProbability: errors,
      confidence: errors, entropy: errors)
    try store.record(ImageAudit(prediction, regions: settings), path: "a", contentSHA256: "", run: run)
    #expect(
      try rows("SELECT x, lower_error_rate, upper_error_rate FROM worst_regions") == [
        "0 0.375 1", "3 0.0 0.625",
      ])
    let intervals = try store.intervals(run)
    var query = RankingQuery()
    query.order = .worstRegion
    let image = try #require(try store.rankedImages(run, query).first)
    let found = try store.regions(of: image).map { intervals.interval(of: $0, in: image)?.upper }
    #expect(found == [1, 0.625])
    // Of 2 pixels: 0.375 to 1.
    #expect(image.worstRegionArea == 2 && intervals.worstRegionPixels(of: image) == 0.75...2)
    // An audit without a calibration takes them away.
    try store.record(RunIntervals(), run: run)
    #expect(try database.count("region_error_ratios") == 0)
    #expect(try rows("SELECT upper_error_rate FROM worst_regions") == ["NULL", "NULL"])
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
    "INSERT INTO runs SELECT 99, name, folder, model_path, model_sha256, '{}', '', '', NULL, 'all' FROM runs",
    "UPDATE runs SET maps = 'some'", "UPDATE images SET duplicate_of = 99",
    "UPDATE regions SET class_index = 3",
    "UPDATE image_classes SET class_index = 3", "UPDATE image_classes SET run_id = 99",
    "UPDATE regions SET area_pixels = 99999", "UPDATE regions SET mean_error_probability = 1.5",
    "INSERT INTO decisions (image_id, verdict) VALUES (99, 'right')",
    "INSERT INTO decisions (image_id, verdict) VALUES (1, 'maybe')",
    "INSERT INTO events (run_id, kind) VALUES (1, 'exploded')",
    "UPDATE run_totals SET images = -1", "UPDATE class_totals SET class_index = 3",
    "UPDATE histogram_totals SET bin = 20", "INSERT INTO run_totals (run_id) VALUES (99)",
    "INSERT INTO region_error_ratios VALUES (1, 2, 0, 1, 0.95, 40)",
    "INSERT INTO region_error_ratios VALUES (1, 0, 1, 0.5, 0.95, 40)",
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

  /// Every order that `query` offers walks along an index and stops after the last image that is asked for, whatever
  /// the filters; only images of equal rank are sorted. Taken from the statements that the store runs.
  @Test(arguments: RankingOrder.allCases, [nil, 1]) func everyOrderHasItsIndex(
    order: RankingOrder, classIndex: Int?
  ) throws {
    try fill()
    var query = RankingQuery()
    (query.order, query.classIndex, query.limit) = (order, classIndex, 20)
    let condition = try Condition.onImages("error_rate > 0.1 or path like 'l%'")
    let filters: [(Bool, Double?, Condition?)] = [
      (false, nil, nil), (true, nil, nil), (false, 0.1, nil), (true, nil, condition), (false, 0.2, condition),
    ]
    for (leavesOutDuplicates, minimum, condition) in filters {
      query.leavesOutDuplicates = leavesOutDuplicates
      (query.minimumErrorRate, query.condition) = (minimum, condition)
      let order = try store.rankingPlan(run, query)
      #expect(order[0].wholeMatch(of: /SEARCH (images|c) USING INDEX \w+ \(run_id=\?.*\)/) != nil, "\(order)")
      #expect(!order.contains("USE TEMP B-TREE FOR ORDER BY"), "\(order)")
      #expect(!order.contains { $0.hasPrefix("SCAN") }, "\(order)")
    }
  }

  @Test(arguments: [
    ("SELECT * FROM worst_regions WHERE run = 'first' LIMIT 10", "regions_by_wrong_pixels (run_id=?)"),
    (
      "SELECT path FROM class_images WHERE run = 'first' AND class = 'car' ORDER BY expected_wrong_pixels DESC "
        + "LIMIT 10", "image_classes_by_wrong_pixels (run_id=?"
    ),
    ("SELECT * FROM class_summary WHERE run = 'first'", "class_totals USING PRIMARY KEY (run_id=?)"),
    ("SELECT * FROM run_summary WHERE run = 'first'", "run_totals USING INTEGER PRIMARY KEY"),
    (
      "SELECT path FROM images WHERE run_id = 1 AND status = 'failed' ORDER BY path",
      "images_failed (run_id=?)"
    ),
    ("SELECT * FROM events WHERE run_id = 1 ORDER BY id DESC LIMIT 10", "events_by_run (run_id=?)"),
    (
      "SELECT * FROM decisions WHERE image_id = 1 ORDER BY id DESC LIMIT 1", "decisions_by_image (image_id=?)"
    ),
  ]) func commonQuestionsUseIndexes(question: String, index: String) throws {
    let plan = try rows("EXPLAIN QUERY PLAN " + question)
    #expect(plan.contains { $0.contains(index) }, "\(plan)")
  }

  @Test func classImages() throws {
    try fill()
    let found = try rows(
      "SELECT run, class, path, predicted_pixels, expected_wrong_pixels, expected_error_rate FROM class_images "
        + "WHERE run = 'first' AND class = 'car' ORDER BY path")
    #expect(
      found == [
        "first car large 20 5.0 0.25", "first car same 4 1.0 0.25",
      ])
  }

  @Test func whatHappenedIsNoted() throws {
    try fill()
    try store.recordFailure(path: "broken", reason: "cut off", run: run)
    try store.interruptRun(run)
    _ = try store.beginRun(.sample())
    try store.finishRun(run)
    try database.raw {
      try $0.execute(
        sql: "INSERT INTO decisions (image_id, verdict, class_index) SELECT id, 'wrong', 2 FROM images "
          + "WHERE path = 'small'")
    }
    #expect(
      try rows(
        "SELECT kind, path, detail FROM events LEFT JOIN images ON images.id = image_id WHERE events.run_id = 1 "
          + "ORDER BY events.id") == [
          "started NULL NULL", "failed broken empty", "failed broken cut off", "interrupted NULL NULL",
          "continued NULL NULL", "finished NULL NULL", "decided small wrong",
        ])
    #expect(
      try rows("SELECT happened_at FROM events WHERE happened_at NOT LIKE '20__-__-__T__:__:__Z'").isEmpty)
  }
}
