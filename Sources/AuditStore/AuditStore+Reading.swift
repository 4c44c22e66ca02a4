import Auditing
import Foundation
import GRDB

extension AuditStore {
  /// All runs, the latest last.
  package func runs() throws(AuditStoreError) -> [AuditRun] {
    try read { db in
      try String.fetchAll(db, sql: "SELECT name FROM runs ORDER BY id").compactMap {
        try Self.run(named: $0, db)
      }
    }
  }

  /// The run of this name, or the latest.
  ///
  /// - Throws: if there is none; the text names those there are.
  package func run(named name: String?) throws(AuditStoreError) -> AuditRun {
    let all = try runs()
    guard let run = name == nil ? all.last : all.first(where: { $0.description.name == name }) else {
      let names = all.map { "'\($0.description.name)'" }.joined(separator: ", ")
      throw AuditStoreError(
        file: path,
        reason: all.isEmpty ? "holds no run" : "no run '\(name ?? "")'; there are: \(names)")
    }
    return run
  }

  static func run(named name: String, _ db: Database) throws -> AuditRun? {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM runs WHERE name = ?", arguments: [name]) else {
      return nil
    }
    let id: Int64 = row["id"]
    let classes = try Row.fetchAll(
      db, sql: "SELECT name, red, green, blue FROM classes WHERE run_id = ? ORDER BY class_index",
      arguments: [id]
    ).map { AuditClass(name: $0["name"], red: $0["red"], green: $0["green"], blue: $0["blue"]) }
    return AuditRun(
      id: id,
      description: AuditRunDescription(
        name: row["name"], folder: row["folder"], modelPath: row["model_path"],
        modelSHA256: row["model_sha256"],
        configuration: row["configuration"], programVersion: row["program_version"], classes: classes,
        maps: KeptMaps(rawValue: row["maps"]) ?? .all),
      createdAt: row["created_at"], finishedAt: row["finished_at"])
  }

  package func failedImages(_ run: AuditRun) throws(AuditStoreError) -> [FailedImage] {
    try read { db in
      try Row.fetchAll(
        db, sql: "SELECT path, failure FROM images WHERE run_id = ? AND status = 'failed' ORDER BY path",
        arguments: [run.id]
      ).map { FailedImage(path: $0["path"], reason: $0["failure"]) }
    }
  }

  /// A run's images by their place in the table, where they mostly are neighbours. By an index of the run, which is what
  /// SQLite would take, each one is looked for: at a million images 4.9 s in place of 0.7 s.
  ///
  /// *Arguments*: the run's id, three times.
  private static let imagesInTableOrder = """
    images NOT INDEXED WHERE run_id = ? AND id BETWEEN (SELECT min(id) FROM images WHERE run_id = ?)
      AND (SELECT max(id) FROM images WHERE run_id = ?)
    """

  /// - Complexity: reads all images.
  package func totals(_ run: AuditRun) throws(AuditStoreError) -> RunTotals {
    try read { db in
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT count(*) FILTER (WHERE status = 'done') AS done, count(*) FILTER (WHERE status = 'failed') AS failed,
            coalesce(sum(width * height), 0) AS pixels, coalesce(sum(expected_wrong_pixels), 0) AS wrong
          FROM \(Self.imagesInTableOrder)
          """, arguments: [run.id, run.id, run.id])
      return RunTotals(
        imageCount: row?["done"] ?? 0, failedCount: row?["failed"] ?? 0, pixelCount: row?["pixels"] ?? 0,
        expectedWrongPixels: row?["wrong"] ?? 0)
    }
  }

  /// Pixels of the run by error probability, as `ImageStatistics.histogram`.
  ///
  /// - Complexity: reads twenty rows an image.
  package func histogram(_ run: AuditRun) throws(AuditStoreError) -> [Int] {
    try read { db in
      var histogram = [Int](repeating: 0, count: ImageStatistics.binCount)
      let bins = try Row.fetchAll(
        db,
        sql: """
          SELECT bin, sum(pixels) AS pixels
          FROM (SELECT id FROM \(Self.imagesInTableOrder)) CROSS JOIN histograms ON image_id = id GROUP BY bin
          """, arguments: [run.id, run.id, run.id])
      for bin in bins { histogram[bin["bin"]] = bin["pixels"] }
      return histogram
    }
  }

  /// Every class of the run, in order.
  package func classTotals(_ run: AuditRun) throws(AuditStoreError) -> [ClassTotals] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT c.name, count(x.image_id) AS images, coalesce(sum(x.predicted_pixels), 0) AS pixels,
            coalesce(sum(x.expected_wrong_pixels), 0) AS wrong
          FROM classes c
          LEFT JOIN image_classes x ON x.run_id = c.run_id AND x.class_index = c.class_index
          WHERE c.run_id = ? GROUP BY c.class_index ORDER BY c.class_index
          """, arguments: [run.id]
      ).map {
        ClassTotals(
          name: $0["name"], imageCount: $0["images"], predictedPixels: $0["pixels"],
          expectedWrongPixels: $0["wrong"])
      }
    }
  }

  package func classes(of image: AuditedImage) throws(AuditStoreError) -> [ClassStatistics] {
    try read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM image_classes WHERE image_id = ? ORDER BY class_index", arguments: [image.id]
      ).map {
        ClassStatistics(
          classIndex: $0["class_index"], predictedPixels: $0["predicted_pixels"],
          expectedWrongPixels: $0["expected_wrong_pixels"])
      }
    }
  }

  /// The worst first.
  package func regions(of image: AuditedImage) throws(AuditStoreError) -> [ErrorRegion] {
    try read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM regions WHERE image_id = ? ORDER BY expected_wrong_pixels DESC, id",
        arguments: [image.id]
      ).map {
        ErrorRegion(
          x: $0["x"], y: $0["y"], width: $0["width"], height: $0["height"], areaPixels: $0["area_pixels"],
          meanErrorProbability: $0["mean_error_probability"], classIndex: $0["class_index"],
          alternativeClass: $0["alternative_class"], boundaryLength: $0["boundary_length"] ?? 0,
          placement: ($0["placement"] as String?).flatMap(ErrorRegion.Placement.init))
      }
    }
  }
}
