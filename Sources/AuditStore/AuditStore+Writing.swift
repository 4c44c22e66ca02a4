import Auditing
import Foundation
import GRDB

extension AuditStore {
  /// Starts a run, or continues the one of this name.
  ///
  /// - Throws: if a run of this name used another model, folder or configuration.
  package func beginRun(_ wanted: AuditRunDescription) throws(AuditStoreError) -> AuditRun {
    let path = path
    return try write { db in
      if let run = try Self.run(named: wanted.name, db) {
        let known = run.description
        let differences = [
          known.modelSHA256 == wanted.modelSHA256 ? nil : "model \(known.modelPath) (another content)",
          known.folder == wanted.folder ? nil : "folder \(known.folder)",
          known.configuration == wanted.configuration ? nil : "configuration \(known.configuration)",
        ].compactMap { $0 }
        guard differences.isEmpty else {
          throw AuditStoreError(
            file: path,
            reason:
              "run '\(wanted.name)' exists with \(differences.joined(separator: ", ")); choose another --run")
        }
        try db.execute(sql: "UPDATE runs SET finished_at = NULL WHERE id = ?", arguments: [run.id])
        return try Self.run(named: wanted.name, db) ?? run
      }
      try Self.insert(wanted, db)
      guard let run = try Self.run(named: wanted.name, db) else { preconditionFailure("just written") }
      return run
    }
  }

  private static func insert(_ run: AuditRunDescription, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO runs (name, folder, model_path, model_sha256, configuration, program_version, created_at)
        VALUES (?, ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
        """,
      arguments: [
        run.name, run.folder, run.modelPath, run.modelSHA256, run.configuration, run.programVersion,
      ])
    let id = db.lastInsertedRowID
    for (index, item) in run.classes.enumerated() {
      try db.execute(
        sql: "INSERT INTO classes (run_id, class_index, name, red, green, blue) VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [id, index, item.name, item.red, item.green, item.blue])
    }
  }

  /// The paths that need no audit any more; failed ones do.
  package func auditedPaths(_ run: AuditRun) throws(AuditStoreError) -> Set<String> {
    try read { db in
      try String.fetchSet(
        db, sql: "SELECT path FROM images WHERE run_id = ? AND status = 'done'", arguments: [run.id])
    }
  }

  /// Writes one image with all that belongs to it, in one transaction. An image that another process has written in
  /// the meantime is left as it is; an earlier failure is replaced.
  package func record(
    _ audit: ImageAudit, path imagePath: String, contentSHA256: String, run: AuditRun
  ) throws(AuditStoreError) {
    // Compressing takes longer than writing: it is done before the transaction begins.
    let maps = Self.mapRows(audit.maps, classCount: run.description.classes.count)
    try write { db in
      let known = try String.fetchOne(
        db, sql: "SELECT status FROM images WHERE run_id = ? AND path = ?", arguments: [run.id, imagePath])
      if known == "done" { return }
      if known != nil {
        try db.execute(
          sql: "DELETE FROM images WHERE run_id = ? AND path = ?", arguments: [run.id, imagePath])
      }
      try Self.insertImage(audit, path: imagePath, contentSHA256: contentSHA256, run: run, db)
      try Self.insertDetails(audit, image: db.lastInsertedRowID, maps: maps, db)
    }
  }

  private static func insertImage(
    _ audit: ImageAudit, path: String, contentSHA256: String, run: AuditRun, _ db: Database
  ) throws {
    let statistics = audit.statistics
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO images (run_id, path, status, content_sha256, width, height, mean_error_probability,
          expected_wrong_pixels, error_p50, error_p90, error_p95, error_p99, mean_confidence, mean_entropy,
          worst_region_pixels)
        VALUES (?, ?, 'done', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      run.id, path, contentSHA256, audit.width, audit.height, statistics.meanErrorProbability,
      statistics.expectedWrongPixels, statistics.percentile50, statistics.percentile90,
      statistics.percentile95,
      statistics.percentile99, statistics.meanConfidence, statistics.meanEntropy,
      audit.regions.first?.expectedWrongPixels ?? 0,
    ])
  }

  private static func insertDetails(
    _ audit: ImageAudit, image: Int64, maps: [(kind: String, scale: Double, data: Data)], _ db: Database
  ) throws {
    let classes = try db.cachedStatement(sql: "INSERT INTO image_classes VALUES (?, ?, ?, ?)")
    for item in audit.classes {
      try classes.execute(arguments: [image, item.classIndex, item.predictedPixels, item.expectedWrongPixels])
    }
    let regions = try db.cachedStatement(
      sql: """
        INSERT INTO regions (image_id, class_index, x, y, width, height, area_pixels, mean_error_probability,
          expected_wrong_pixels)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for region in audit.regions {
      try regions.execute(arguments: [
        image, region.classIndex, region.x, region.y, region.width, region.height, region.areaPixels,
        region.meanErrorProbability, region.expectedWrongPixels,
      ])
    }
    let histogram = try db.cachedStatement(sql: "INSERT INTO histograms VALUES (?, ?, ?)")
    for (bin, pixels) in audit.statistics.histogram.enumerated() where pixels > 0 {
      try histogram.execute(arguments: [image, bin, pixels])
    }
    let blobs = try db.cachedStatement(sql: "INSERT INTO maps VALUES (?, ?, ?, ?, ?, ?)")
    for (kind, scale, data) in maps {
      try blobs.execute(arguments: [image, kind, audit.width, audit.height, scale, data])
    }
  }

  private static func mapRows(
    _ maps: PixelMaps, classCount: Int
  ) -> [(kind: String, scale: Double, data: Data)] {
    [
      ("label", 255, CompressedMap.compress(maps.labels)),
      ("error", 1, CompressedMap.compress(maps.errorProbability)),
      ("confidence", 1, CompressedMap.compress(maps.confidence)),
      ("entropy", log(Double(max(2, classCount))), CompressedMap.compress(maps.entropy)),
    ]
  }

  /// Records that an image could not be audited. One that was audited before stays as it is.
  package func recordFailure(path imagePath: String, reason: String, run: AuditRun) throws(AuditStoreError) {
    try write { db in
      try db.execute(
        sql: """
          INSERT INTO images (run_id, path, status, failure) VALUES (?, ?, 'failed', ?)
          ON CONFLICT (run_id, path) DO UPDATE SET failure = excluded.failure WHERE status = 'failed'
          """, arguments: [run.id, imagePath, reason])
    }
  }

  /// Notes that no image of the folder remains.
  package func finishRun(_ run: AuditRun) throws(AuditStoreError) {
    try write { db in
      try db.execute(
        sql: "UPDATE runs SET finished_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ?",
        arguments: [run.id])
    }
  }
}
