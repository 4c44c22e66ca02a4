import AuditStore
import Auditing
import Foundation
import GRDB
import Testing

/// The totals that the database keeps beside each run are the sums over its images, whatever happened to them.
@Suite(.timeLimit(.minutes(2))) struct TotalsTests {
  private let database: SampleDatabase

  init() throws { database = try SampleDatabase() }

  /// Each total beside the sum that it stands for: by run, by class, by bin.
  private static let questions = [
    (
      "SELECT run_id, images, failed, pixels, expected_wrong_65536ths FROM run_totals ORDER BY run_id",
      """
      SELECT r.id, coalesce(sum(status = 'done'), 0), coalesce(sum(status = 'failed'), 0),
        coalesce(sum(i.width * i.height), 0), coalesce(sum(CAST(round(i.expected_wrong_pixels * 65536) AS INTEGER)), 0)
      FROM runs r LEFT JOIN images i ON i.run_id = r.id GROUP BY r.id
      """
    ),
    (
      """
      SELECT run_id, class_index, images, predicted_pixels, expected_wrong_65536ths FROM class_totals
      ORDER BY run_id, class_index
      """,
      """
      SELECT c.run_id, c.class_index, count(x.image_id), coalesce(sum(x.predicted_pixels), 0),
        coalesce(sum(CAST(round(x.expected_wrong_pixels * 65536) AS INTEGER)), 0)
      FROM classes c
      LEFT JOIN image_classes x ON x.run_id = c.run_id AND x.class_index = c.class_index
      GROUP BY c.run_id, c.class_index
      """
    ),
    (
      "SELECT run_id, bin, pixels FROM histogram_totals WHERE pixels > 0 ORDER BY run_id, bin",
      """
      SELECT i.run_id, h.bin, sum(h.pixels) FROM histograms h JOIN images i ON i.id = h.image_id
      GROUP BY i.run_id, h.bin
      """
    ),
  ]

  /// - Returns: how many totals there are that are not 0.
  private func expectSums(_ comment: Comment? = nil) throws -> Int {
    try database.raw { db in
      var count = 0
      for (totals, sums) in Self.questions {
        func rows(_ sql: String) throws -> [String] {
          try Row.fetchAll(db, sql: sql).map { row in
            count += row.databaseValues.count { $0 != 0.databaseValue }
            return row.databaseValues.map { "\($0)" }.joined(separator: " ")
          }
        }
        let (kept, summed) = (try rows(totals), try rows(sums))
        #expect(kept == summed, comment)
      }
      return count
    }
  }

  private func fill(_ store: AuditStore, _ name: String, _ seeds: Range<Int>) throws -> AuditRun {
    let run = try store.beginRun(.sample(name))
    for seed in seeds {
      try store.record(.sample(seed: seed), path: "\(seed)", contentSHA256: "\(seed)", run: run)
    }
    return run
  }

  @Test func whateverTheStoreDoes() throws {
    let store = try database.open()
    #expect(try fill(store, "empty", 0..<0).id == 1)
    let run = try fill(store, "first", 0..<9)
    _ = try fill(store, "second", 3..<6)
    #expect(try expectSums("inserted") > 60)
    let before = try store.totals(run)
    #expect(before.imageCount == 9 && before.pixelCount == 9 * 108)
    #expect(try store.histogram(run).reduce(0, +) == 9 * 108)
    // Written a second time, and with another content.
    try store.record(.sample(seed: 1), path: "1", contentSHA256: "1", run: run)
    #expect(try store.totals(run) == before)
    try store.record(.sample(seed: 40, width: 7), path: "1", contentSHA256: "40", run: run)
    #expect(try store.totals(run).pixelCount == 8 * 108 + 63)
    _ = try expectSums("replaced")
    // A failure, of a new image and of one that has changed; then it can be read again.
    try store.recordFailure(path: "new", reason: "cut off", run: run)
    try store.recordFailure(path: "new", reason: "still cut off", run: run)
    try store.recordFailure(path: "2", reason: "cut off", hasChanged: true, run: run)
    try store.recordFailure(path: "3", reason: "not readable, but audited", run: run)
    #expect(try store.totals(run).failedCount == 2 && store.totals(run).imageCount == 8)
    #expect(try store.failedImages(run).map(\.path) == ["2", "new"])
    _ = try expectSums("failed")
    try store.record(.sample(seed: 2), path: "2", contentSHA256: "2", run: run)
    _ = try expectSums("mended")
    // Under another name, in the place of a failed one.
    try store.rename(from: "4", to: "new", file: FileIdentity(), run: run)
    #expect(try store.totals(run).failedCount == 0 && store.totals(run).imageCount == 9)
    _ = try expectSums("renamed")
  }

  /// Other programs, too: with and without foreign keys, as the `sqlite3` shell has them off.
  @Test(arguments: [true, false]) func whateverOthersDo(foreignKeys: Bool) throws {
    let store = try database.open()
    let run = try fill(store, "first", 0..<9)
    _ = try fill(store, "second", 3..<6)
    func change(_ sql: String) throws {
      try database.raw { db in
        try db.execute(sql: "PRAGMA foreign_keys = \(foreignKeys)")
        try db.execute(sql: sql)
      }
      _ = try expectSums("\(sql)")
    }
    try change("DELETE FROM images WHERE path < '4'")
    #expect(try store.totals(run).imageCount == 5)
    try change("UPDATE images SET expected_wrong_pixels = 1.25, width = 11 WHERE path > '6'")
    #expect(try store.totals(run).pixelCount == 3 * 108 + 2 * 99)
    try change("UPDATE image_classes SET predicted_pixels = 1, expected_wrong_pixels = 0.75")
    try change("UPDATE histograms SET pixels = pixels + 1 WHERE bin < 3")
    try change("DELETE FROM histograms WHERE bin = 5")
    try change("DELETE FROM image_classes WHERE class_index = 1")
    guard foreignKeys else { return }
    try change("DELETE FROM runs WHERE name = 'first'")
    #expect(try database.count("run_totals") == 1 && database.count("histogram_totals") == 20)
    try change("DELETE FROM runs")
    for table in ["run_totals", "class_totals", "histogram_totals"] {
      #expect(try database.count(table) == 0)
    }
  }

  /// Real numbers would remember in which order they were added.
  @Test func theOrderOfWritingDoesNotCount() throws {
    let store = try database.open()
    let run = try fill(store, "forwards", 0..<30)
    let other = try store.beginRun(.sample("backwards"))
    for seed in (0..<30).reversed() {
      try store.record(.sample(seed: seed + 1), path: "\(seed)", contentSHA256: "before", run: other)
      try store.record(.sample(seed: seed), path: "\(seed)", contentSHA256: "\(seed)", run: other)
    }
    #expect(try store.totals(run) == store.totals(other))
    #expect(try store.classTotals(run) == store.classTotals(other))
    #expect(try store.histogram(run) == store.histogram(other))
    let exact = (0..<30).reduce(0.0) { $0 + ImageAudit.sample(seed: $1).statistics.expectedWrongPixels }
    // Each image is rounded to 1/65536.
    #expect(abs(try store.totals(run).expectedWrongPixels - exact) <= 30.0 / 131_072)
  }

  @Test func twoWriteAtOnce() throws {
    let path = database.path
    _ = try database.open()
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      #expect(throws: Never.self) {
        let store = try AuditStore(path: path, access: .readWrite)
        let run = try store.beginRun(.sample())
        for number in index == 0 ? Array(0..<60) : Array((30..<90).reversed()) {
          // What one has written, the other replaces: another content.
          try store.record(
            .sample(seed: number + index), path: "\(number)", contentSHA256: "\(index)", run: run)
        }
      }
    }
    _ = try expectSums()
    let store = try database.open(.readOnly)
    #expect(try store.totals(store.run(named: nil)).imageCount == 90)
  }

  /// Half an image is none in the totals either.
  @Test func aBrokenOffImageIsNotCounted() throws {
    let store = try database.open()
    let run = try fill(store, "first", 0..<3)
    let before = try (store.totals(run), store.histogram(run))
    try database.raw {
      try $0.execute(
        sql: "CREATE TRIGGER full AFTER INSERT ON maps BEGIN SELECT RAISE(ABORT, 'no room left'); END")
    }
    #expect(throws: AuditStoreError.self) {
      try store.record(.sample(seed: 7), path: "1", contentSHA256: "other", run: run)
    }
    #expect(try store.totals(run) == before.0 && store.histogram(run) == before.1)
    _ = try expectSums()
  }

  /// Made by the migrations of that version themselves, and filled as its program filled them.
  @Test(arguments: [AuditStore.Access.readWrite, .readOnly]) func version4(access: AuditStore.Access) throws {
    let schema = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("schema")
    let names = try FileManager.default.contentsOfDirectory(atPath: schema.path)
      .filter { $0.hasSuffix(".sql") && $0 < "0005" }.sorted()
    #expect(names.count == 4)
    try database.raw { db in
      for name in names {
        try db.execute(sql: String(contentsOf: schema.appendingPathComponent(name), encoding: .utf8))
      }
      for run in 1...3 {
        try db.execute(
          sql: """
            INSERT INTO runs VALUES (\(run), 'run \(run)', '', '', '', '{}', '', '', NULL, 'none');
            INSERT INTO classes VALUES (\(run), 0, 'road', 0, 0, 0), (\(run), 1, 'car', 0, 0, 0)
            """)
      }
      for id in 1...40 {
        let run = 1 + id % 2
        guard id % 10 != 0 else {
          try db.execute(
            sql: "INSERT INTO images (id, run_id, path, status, failure) VALUES (?, ?, ?, 'failed', 'empty')",
            arguments: [id, run, "\(id)"])
          continue
        }
        try db.execute(
          sql: """
            INSERT INTO images (id, run_id, path, status, content_sha256, width, height, mean_error_probability,
              expected_wrong_pixels, error_p50, error_p90, error_p95, error_p99, mean_confidence, mean_entropy,
              worst_region_pixels)
            VALUES (?, ?, ?, 'done', '', 10, 10, ?, ?, 0, 0, 0, 0, 1, 0, 0)
            """, arguments: [id, run, "\(id)", Double(id) / 100, Double(id) + 0.1])
        try db.execute(
          sql: """
            INSERT INTO image_classes (image_id, class_index, run_id, predicted_pixels, expected_wrong_pixels)
            VALUES (?, ?, ?, 100, ?)
            """, arguments: [id, id % 3 == 0 ? 1 : 0, run, Double(id) + 0.1])
        try db.execute(
          sql: "INSERT INTO histograms VALUES (?, 0, ?), (?, 19, ?)", arguments: [id, 100 - id, id, id])
      }
    }
    let store = try database.open(access)
    #expect(try expectSums() > 20)
    let totals = try store.totals(store.run(named: "run 1"))
    #expect(totals.imageCount == 16 && totals.failedCount == 4 && totals.pixelCount == 1600)
    #expect(try store.totals(store.run(named: "run 3")).imageCount == 0)
    // And from there on.
    try database.raw { try $0.execute(sql: "DELETE FROM images WHERE id % 4 = 1") }
    _ = try expectSums()
  }
}
