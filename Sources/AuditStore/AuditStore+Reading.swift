import Auditing
import Foundation
import GRDB

/// Which images a query wants.
package struct RankingQuery: Sendable {
  package var order: RankingOrder = .expectedErrorRate
  /// Only images in which this class is predicted; ranked by its numbers in the first two orders.
  package var classIndex: Int?
  /// Only images whose expected error rate (of the class, where one is given) is at least this.
  package var minimumErrorRate: Double?
  package var limit: Int?
  /// Leaves out images that repeat another one of the run.
  package var leavesOutDuplicates = false
  /// Only images for which this holds (`Condition.onImages`).
  package var condition: Condition?

  package init() {}
}

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

  /// Calls `body` with each image, the worst first, one at a time: memory does not grow with the run.
  package func forEachRankedImage(
    _ run: AuditRun, _ query: RankingQuery, _ body: @Sendable (AuditedImage) throws -> Void
  ) throws(AuditStoreError) {
    let (sql, arguments) = Self.rankingSQL(run, query)
    try read { db in
      let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
      while let row = try rows.next() { try body(Self.image(row, classIndex: query.classIndex)) }
    }
  }

  package func rankedImages(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> [AuditedImage]
  {
    let (sql, arguments) = Self.rankingSQL(run, query)
    return try read { db in
      try Row.fetchAll(db, sql: sql, arguments: arguments).map {
        Self.image($0, classIndex: query.classIndex)
      }
    }
  }

  /// How SQLite answers a query, step by step.
  package func rankingPlan(_ run: AuditRun, _ query: RankingQuery) throws(AuditStoreError) -> [String] {
    let (sql, arguments) = Self.rankingSQL(run, query)
    return try read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] }
    }
  }

  private static func rankingSQL(_ run: AuditRun, _ query: RankingQuery) -> (String, StatementArguments) {
    var arguments: StatementArguments = []
    var sql = "SELECT images.*"
    if let index = query.classIndex {
      sql += """
        , c.predicted_pixels AS class_pixels, c.expected_wrong_pixels AS class_wrong FROM images
        JOIN image_classes c ON c.image_id = images.id AND c.run_id = ? AND c.class_index = ?
        """
      arguments += [run.id, index]
    } else {
      sql += " FROM images"
    }
    sql += " WHERE images.run_id = ? AND status = 'done'"
    arguments += [run.id]
    if query.leavesOutDuplicates { sql += " AND duplicate_of IS NULL" }
    let classRate = "c.expected_error_rate"
    if let minimum = query.minimumErrorRate {
      sql += " AND \(query.classIndex == nil ? "mean_error_probability" : classRate) >= ?"
      arguments += [minimum]
    }
    if let condition = query.condition?.sql {
      sql += " AND (\(condition.text))"
      arguments += condition.arguments
    }
    let hasClass = query.classIndex != nil
    let column =
      switch query.order {
      case .expectedErrorRate: hasClass ? classRate + " DESC" : "mean_error_probability DESC"
      case .expectedWrongPixels:
        hasClass ? "c.expected_wrong_pixels DESC" : "images.expected_wrong_pixels DESC"
      case .worstRegion: "worst_region_pixels DESC"
      case .entropy: "mean_entropy DESC"
      case .confidence: "mean_confidence"
      }
    sql += " ORDER BY \(column), path"
    if let limit = query.limit {
      sql += " LIMIT ?"
      arguments += [limit]
    }
    return (sql, arguments)
  }

  private static func image(_ row: Row, classIndex: Int?) -> AuditedImage {
    AuditedImage(
      id: row["id"], path: row["path"], width: row["width"], height: row["height"],
      contentSHA256: row["content_sha256"], imageSHA256: row["image_sha256"],
      statistics: ImageStatistics(
        meanErrorProbability: row["mean_error_probability"],
        expectedWrongPixels: row["expected_wrong_pixels"],
        percentile50: row["error_p50"], percentile90: row["error_p90"], percentile95: row["error_p95"],
        percentile99: row["error_p99"], meanConfidence: row["mean_confidence"],
        meanEntropy: row["mean_entropy"],
        histogram: []),
      worstRegionPixels: row["worst_region_pixels"],
      ofClass: classIndex.map {
        ClassStatistics(
          classIndex: $0, predictedPixels: row["class_pixels"], expectedWrongPixels: row["class_wrong"])
      })
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
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT count(*) FILTER (WHERE status = 'done') AS done, count(*) FILTER (WHERE status = 'failed') AS failed,
            coalesce(sum(width * height), 0) AS pixels, coalesce(sum(expected_wrong_pixels), 0) AS wrong
          FROM images WHERE run_id = ?
          """, arguments: [run.id])
      var histogram = [Int](repeating: 0, count: ImageStatistics.binCount)
      let bins = try Row.fetchAll(
        db,
        sql: """
          SELECT bin, sum(pixels) AS pixels FROM histograms JOIN images ON images.id = image_id
          WHERE run_id = ? GROUP BY bin
          """, arguments: [run.id])
      for bin in bins { histogram[bin["bin"]] = bin["pixels"] }
      return RunTotals(
        imageCount: row?["done"] ?? 0, failedCount: row?["failed"] ?? 0, pixelCount: row?["pixels"] ?? 0,
        expectedWrongPixels: row?["wrong"] ?? 0, histogram: histogram)
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
          meanErrorProbability: $0["mean_error_probability"], classIndex: $0["class_index"])
      }
    }
  }
}
