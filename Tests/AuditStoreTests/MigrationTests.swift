import AuditStore
import Auditing
import Foundation
import GRDB
import Testing

/// A database that the program of version 1 wrote (Tests/Fixtures/AuditStore/make_version_1.py).
@Suite struct MigrationTests {
  private let database: SampleDatabase

  init() throws {
    database = try SampleDatabase()
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/AuditStore/version-1.sqlite.gz")
    let unpack = Process()
    unpack.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    unpack.arguments = ["sh", "-c", "gzip -dc \"$1\" >\"$2\"", "sh", fixture.path, database.path]
    try unpack.run()
    unpack.waitUntilExit()
    #expect(unpack.terminationStatus == 0)
  }

  private func rows(_ sql: String) throws -> [String] {
    try database.raw { db in try Row.fetchAll(db, sql: sql).map { "\($0)" } }
  }

  private static let kept = [
    "SELECT id, name, folder, model_sha256, configuration, created_at, finished_at FROM runs",
    "SELECT * FROM classes",
    "SELECT id, run_id, path, status, failure, content_sha256, width, height, mean_error_probability FROM images",
    "SELECT image_id, class_index, predicted_pixels, expected_wrong_pixels FROM image_classes",
    "SELECT id, image_id, class_index, x, y, width, height, area_pixels, mean_error_probability FROM regions",
    "SELECT * FROM histograms", "SELECT image_id, kind, hex(data) FROM maps",
  ]

  @Test(arguments: [AuditStore.Access.readWrite, .readOnly]) func nothingIsLost(access: AuditStore.Access)
    throws
  {
    #expect(try rows("PRAGMA user_version") == ["[user_version:1]"])
    let before = try Self.kept.map(rows)
    #expect(before.allSatisfy { !$0.isEmpty })
    let store = try database.open(access)
    #expect(try Self.kept.map(rows) == before)
    #expect(try rows("PRAGMA integrity_check") == ["[integrity_check:\"ok\"]"])
    #expect(try rows("PRAGMA foreign_key_check").isEmpty)
    #expect(try database.raw { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 } > 1)
    // Read through the store as before.
    let run = try store.run(named: "own")
    #expect(run.description.maps == .all)
    let images = try store.rankedImages(run, RankingQuery())
    #expect(images.map(\.path).sorted() == ["a.png", "b.png", "c.png"])
    for image in images {
      #expect(try store.maps(of: image).labels.count == 108)
      #expect(try store.classes(of: image).reduce(0) { $0 + $1.predictedPixels } == 108)
      #expect(try store.regions(of: image).count == 1)
      #expect(image.imageSHA256 == image.contentSHA256)
    }
    // Where labels came from elsewhere, what was hashed was more than the image.
    let judged = try store.rankedImages(store.run(named: "judged"), RankingQuery())
    #expect(judged.count == 3 && judged.allSatisfy { $0.imageSHA256 == nil })
  }

  /// What version 1 did not note comes with the next audit: `b.png` and `c.png` are one image.
  @Test func identityIsFilledIn() throws {
    let store = try database.open()
    let run = try store.run(named: "own")
    #expect(try store.stamps(run).values.allSatisfy { $0 == nil })
    for image in try store.rankedImages(run, RankingQuery()) {
      let file = FileIdentity(imageSHA256: image.imageSHA256, perceptualHash: nil, stamp: "1:2")
      try store.confirm(path: image.path, file: file, run: run)
    }
    #expect(try store.stamps(run) == ["a.png": "1:2", "b.png": "1:2", "c.png": "1:2"])
    var query = RankingQuery()
    query.leavesOutDuplicates = true
    #expect(try store.rankedImages(run, query).map(\.path).sorted() == ["a.png", "b.png"])
  }

  @Test func severalMigrateAtOnce() throws {
    let path = database.path
    DispatchQueue.concurrentPerform(iterations: 4) { index in
      #expect(throws: Never.self) {
        let store = try AuditStore(path: path, access: index % 2 == 0 ? .readWrite : .readOnly)
        #expect(try store.runs().count == 2)
      }
    }
    #expect(try rows("PRAGMA integrity_check") == ["[integrity_check:\"ok\"]"])
  }
}
