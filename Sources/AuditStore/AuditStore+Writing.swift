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
          known.maps == wanted.maps ? nil : "--maps \(known.maps.rawValue)",
        ].compactMap { $0 }
        guard differences.isEmpty else {
          throw AuditStoreError(
            file: path,
            reason:
              "run '\(wanted.name)' exists with \(differences.joined(separator: ", ")); choose another --run")
        }
        try db.execute(sql: "UPDATE runs SET finished_at = NULL WHERE id = ?", arguments: [run.id])
        try Self.note(.continued, run: run.id, db)
        return try Self.run(named: wanted.name, db) ?? run
      }
      try Self.insert(wanted, db)
      guard let run = try Self.run(named: wanted.name, db) else { preconditionFailure("just written") }
      try Self.note(.started, run: run.id, db)
      return run
    }
  }

  private static func insert(_ run: AuditRunDescription, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO runs (name, folder, model_path, model_sha256, configuration, program_version, maps, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
        """,
      arguments: [
        run.name, run.folder, run.modelPath, run.modelSHA256, run.configuration, run.programVersion,
        run.maps.rawValue,
      ])
    let id = db.lastInsertedRowID
    for (index, item) in run.classes.enumerated() {
      try db.execute(
        sql: "INSERT INTO classes (run_id, class_index, name, red, green, blue) VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [id, index, item.name, item.red, item.green, item.blue])
    }
  }

  /// Writes one image with all that belongs to it, in one transaction, and marks what it repeats. What another process
  /// has written of the same content in the meantime is left as it is; an earlier failure, or what was known of the
  /// path's former content, is replaced.
  package func record(
    _ audit: ImageAudit, path: String, contentSHA256: String, file: FileIdentity = FileIdentity(),
    run: AuditRun
  ) throws(AuditStoreError) {
    try record([NewImage(audit: audit, path: path, contentSHA256: contentSHA256, file: file)], run: run)
  }

  /// The same for several images in one transaction: all or none.
  package func record(_ images: [NewImage], run: AuditRun) throws(AuditStoreError) {
    let maps = images.map { image in
      image.packedMaps ?? image.audit.maps.map { Self.mapRows($0, of: run.description) } ?? []
    }
    let last = try write { db in
      try zip(images, maps).compactMap { try Self.insert($0, maps: $1, run: run, db) }.last
    }
    if let last { try noteWritten(image: last, run: run) }
  }

  /// - Returns: the image's number, if it was new.
  private static func insert(
    _ image: NewImage, maps: [MapRow], run: AuditRun, _ db: Database
  ) throws -> Int64? {
    let marking = DuplicateMarking(db: db, run: run.id)
    var touched: Set<Int64> = []
    let known = try Row.fetchOne(
      db.cachedStatement(
        sql: "SELECT id, status, content_sha256 FROM images WHERE run_id = ? AND path = ?"),
      arguments: [run.id, image.path])
    if let known {
      let isDone = known["status"] as String == "done"
      if isDone && known["content_sha256"] as String? == image.contentSHA256 { return nil }
      if isDone, let look = try marking.look(path: image.path) {
        touched.formUnion(try marking.later(than: image.path, like: look).map(\.id))
      }
      try db.execute(sql: "DELETE FROM images WHERE id = ?", arguments: [known["id"] as Int64])
      if isDone { try note(.changed, image.path, run: run.id, db) }
    }
    try insertImage(image, run: run, db)
    let id = db.lastInsertedRowID
    try insertDetails(image.audit, image: id, run: run.id, maps: maps, db)
    try marking.settle(touched.union([id]))
    return id
  }

  private static func insertImage(_ image: NewImage, run: AuditRun, _ db: Database) throws {
    let (audit, file, statistics) = (image.audit, image.file, image.audit.statistics)
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO images (run_id, path, status, content_sha256, width, height, mean_error_probability,
          expected_wrong_pixels, error_p50, error_p90, error_p95, error_p99, mean_confidence, mean_entropy,
          worst_region_pixels, image_sha256, perceptual_hash, file_stamp, mean_margin, balanced_error_rate,
          region_count, region_wrong_pixels, region_boundary_length)
        VALUES (?, ?, 'done', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      run.id, image.path, image.contentSHA256, audit.width, audit.height, statistics.meanErrorProbability,
      statistics.expectedWrongPixels, statistics.percentile50, statistics.percentile90,
      statistics.percentile95,
      statistics.percentile99, statistics.meanConfidence, statistics.meanEntropy,
      audit.regions.first?.expectedWrongPixels ?? 0, file.imageSHA256, file.hashBits, file.stamp,
      statistics.meanMargin, audit.balancedErrorRate, audit.regions.count, audit.regionWrongPixels,
      audit.regionBoundaryLength,
    ])
  }

  private static func insertDetails(
    _ audit: ImageAudit, image: Int64, run: Int64, maps: [MapRow], _ db: Database
  ) throws {
    let classes = try db.cachedStatement(
      sql: """
        INSERT INTO image_classes (image_id, run_id, class_index, predicted_pixels, expected_wrong_pixels)
        VALUES (?, ?, ?, ?, ?)
        """)
    for item in audit.classes {
      try classes.execute(
        arguments: [image, run, item.classIndex, item.predictedPixels, item.expectedWrongPixels])
    }
    let regions = try db.cachedStatement(
      sql: """
        INSERT INTO regions (image_id, run_id, class_index, x, y, width, height, area_pixels,
          mean_error_probability, expected_wrong_pixels, alternative_class, boundary_length, placement)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for region in audit.regions {
      try regions.execute(arguments: [
        image, run, region.classIndex, region.x, region.y, region.width, region.height, region.areaPixels,
        region.meanErrorProbability, region.expectedWrongPixels, region.alternativeClass,
        region.boundaryLength > 0 ? region.boundaryLength : nil, region.placement?.rawValue,
      ])
    }
    if let embedding = audit.embedding { try insert(embedding, image: image, db) }
    let histogram = try db.cachedStatement(sql: "INSERT INTO histograms VALUES (?, ?, ?)")
    for (bin, pixels) in audit.statistics.histogram.enumerated() where pixels > 0 {
      try histogram.execute(arguments: [image, bin, pixels])
    }
    let blobs = try db.cachedStatement(sql: "INSERT INTO maps VALUES (?, ?, ?, ?, ?, ?)")
    for map in maps {
      try blobs.execute(
        arguments: [image, map.kind, audit.width, audit.height, map.fullScale, map.data])
    }
  }

  /// Records that an image could not be audited. One that was audited before stays as it is, unless its files have
  /// changed since.
  package func recordFailure(
    path imagePath: String, reason: String, hasChanged: Bool = false, run: AuditRun
  ) throws(AuditStoreError) {
    try write { db in
      let marking = DuplicateMarking(db: db, run: run.id)
      var touched: Set<Int64> = []
      if hasChanged, let look = try marking.look(path: imagePath) {
        touched.formUnion(try marking.later(than: imagePath, like: look).map(\.id))
        try db.execute(sql: "DELETE FROM images WHERE id = ?", arguments: [look.id])
      }
      try db.execute(
        sql: """
          INSERT INTO images (run_id, path, status, failure) VALUES (?, ?, 'failed', ?)
          ON CONFLICT (run_id, path) DO UPDATE SET failure = excluded.failure WHERE status = 'failed'
          """, arguments: [run.id, imagePath, reason])
      let failed = try Int64.fetchOne(
        db, sql: "SELECT id FROM images WHERE run_id = ? AND path = ? AND status = 'failed'",
        arguments: [run.id, imagePath])
      if let failed { try Self.note(.failed, reason, image: failed, run: run.id, db) }
      try marking.settle(touched)
    }
  }
}
