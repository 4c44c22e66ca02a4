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

  package func totals(_ run: AuditRun) throws(AuditStoreError) -> RunTotals {
    try read { db in
      let row = try Row.fetchOne(db, sql: "SELECT * FROM run_totals WHERE run_id = ?", arguments: [run.id])
      return RunTotals(
        imageCount: row?["images"] ?? 0, failedCount: row?["failed"] ?? 0, pixelCount: row?["pixels"] ?? 0,
        expectedWrongPixels: row.map(Self.expectedWrongPixels) ?? 0)
    }
  }

  /// Sums are kept in whole numbers of 1/65536 of a pixel.
  private static func expectedWrongPixels(_ totals: Row) -> Double {
    Double(totals["expected_wrong_65536ths"] as Int64) / 65536
  }

  /// Of each audited image, the most first; from the index alone.
  ///
  /// - Complexity: O(images) time and memory.
  package func expectedWrongPixels(_ run: AuditRun) throws(AuditStoreError) -> [Double] {
    try numbers(run, "expected_wrong_pixels", order: "DESC")
  }

  /// The expected error rate of each audited image, the lowest first; from the index alone. *Range*: 0…1.
  ///
  /// - Complexity: O(images) time and memory.
  package func errorRates(_ run: AuditRun) throws(AuditStoreError) -> [Double] {
    try numbers(run, "mean_error_probability", order: "ASC")
  }

  /// Failed images have none.
  private func numbers(_ run: AuditRun, _ column: String, order: String) throws(AuditStoreError) -> [Double] {
    try read { db in
      try Double.fetchAll(
        db,
        sql:
          "SELECT \(column) FROM images WHERE run_id = ? AND \(column) IS NOT NULL ORDER BY \(column) \(order)",
        arguments: [run.id])
    }
  }

  /// Pixels of the run by error probability, as `ImageStatistics.histogram`.
  package func histogram(_ run: AuditRun) throws(AuditStoreError) -> [Int] {
    try read { db in
      var histogram = [Int](repeating: 0, count: ImageStatistics.binCount)
      let bins = try Row.fetchAll(
        db, sql: "SELECT bin, pixels FROM histogram_totals WHERE run_id = ?", arguments: [run.id])
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
          SELECT name, images, predicted_pixels, expected_wrong_65536ths
          FROM class_totals JOIN classes USING (run_id, class_index) WHERE run_id = ? ORDER BY class_index
          """, arguments: [run.id]
      ).map {
        ClassTotals(
          name: $0["name"], imageCount: $0["images"], predictedPixels: $0["predicted_pixels"],
          expectedWrongPixels: Self.expectedWrongPixels($0))
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
