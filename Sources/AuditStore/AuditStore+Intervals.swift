import Auditing
import GRDB

/// In what ranges the true error rates of a run, of its images and of their regions lie.
package struct RunIntervals: Sendable, Equatable {
  /// Of all pixels; `nil` without a calibration.
  package var overall: ErrorRateInterval?
  /// Of the pixels that are labelled as a class, by its index; classes with too little data have none.
  package var byClass: [Int: ErrorRateInterval]
  /// Of a single image, over its expected error rate; `nil` without a calibration.
  package var ofImage: ErrorRateRatio?
  /// Of the pixels of a single image that are labelled as a class, by its index.
  package var ofImageByClass: [Int: ErrorRateRatio]
  /// Of a single region, over its mean error probability.
  package var ofRegion: RegionErrorRatios

  package init(
    overall: ErrorRateInterval? = nil, byClass: [Int: ErrorRateInterval] = [:],
    ofImage: ErrorRateRatio? = nil,
    ofImageByClass: [Int: ErrorRateRatio] = [:], ofRegion: RegionErrorRatios = RegionErrorRatios()
  ) {
    self.overall = overall
    self.byClass = byClass
    self.ofImage = ofImage
    self.ofImageByClass = ofImageByClass
    self.ofRegion = ofRegion
  }

  /// Where the true error rate of an image lies.
  ///
  /// - Parameter classIndex: of its pixels with this label alone.
  /// - Returns: `nil` without a calibration, or with too little data of the class.
  package func interval(of image: AuditedImage, classIndex: Int? = nil) -> ErrorRateInterval? {
    guard let classIndex else {
      return ofImage.map {
        ErrorRateInterval(estimate: image.statistics.meanErrorProbability, ratio: $0)
      }
    }
    guard let ratio = ofImageByClass[classIndex], let counted = image.ofClass else { return nil }
    return ErrorRateInterval(
      estimate: counted.expectedWrongPixels / Double(counted.predictedPixels), ratio: ratio)
  }

  /// Where the true error rate of one of an image's regions lies; `nil` without a calibration that tells.
  package func interval(of region: ErrorRegion, in image: AuditedImage) -> ErrorRateInterval? {
    ofRegion.ratio(isWorst: region.expectedWrongPixels == image.worstRegionPixels).map {
      ErrorRateInterval(estimate: region.meanErrorProbability, ratio: $0)
    }
  }

  /// In what range the true number of wrong pixels of an image's worst region lies; `nil` without a region, or a
  /// calibration that tells, or where the query did not ask for the region's area.
  package func worstRegionPixels(of image: AuditedImage) -> ClosedRange<Double>? {
    guard let ratio = ofRegion.worst, let area = image.worstRegionArea else { return nil }
    let interval = ErrorRateInterval(estimate: image.worstRegionPixels / Double(area), ratio: ratio)
    return interval.lower * Double(area)...interval.upper * Double(area)
  }
}

extension AuditStore {
  /// Replaces what was known of the run's intervals.
  package func record(_ intervals: RunIntervals, run: AuditRun) throws(AuditStoreError) {
    try write { db in
      try db.execute(sql: "DELETE FROM error_rate_intervals WHERE run_id = ?", arguments: [run.id])
      let statement = try db.makeStatement(
        sql: """
          INSERT INTO error_rate_intervals (run_id, class_index, estimate, lower, upper, coverage,
            calibration_images) VALUES (?, ?, ?, ?, ?, ?, ?)
          """)
      let rows =
        intervals.byClass.sorted { $0.key < $1.key }.map { (index: Int?.some($0.key), interval: $0.value) }
        + (intervals.overall.map { [(index: Int?.none, interval: $0)] } ?? [])
      for (index, interval) in rows {
        try statement.execute(arguments: [
          run.id, index, interval.estimate, interval.lower, interval.upper, interval.coverage,
          interval.calibrationImages,
        ])
      }
      try Self.replaceRatios(intervals, run: run.id, db)
      try Self.replaceRegionRatios(intervals.ofRegion, run: run.id, db)
    }
  }

  private static func replaceRegionRatios(_ ratios: RegionErrorRatios, run: Int64, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM region_error_ratios WHERE run_id = ?", arguments: [run])
    for isWorst in [true, false] {
      guard let ratio = ratios.ratio(isWorst: isWorst) else { continue }
      try db.execute(
        sql: "INSERT INTO region_error_ratios VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [run, isWorst, ratio.lower, ratio.upper, ratio.coverage, ratio.calibrationImages])
    }
  }

  private static func replaceRatios(_ intervals: RunIntervals, run: Int64, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM image_error_ratios WHERE run_id = ?", arguments: [run])
    let statement = try db.makeStatement(
      sql: """
        INSERT INTO image_error_ratios (run_id, class_index, lower, upper, coverage, calibration_images)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
    let rows =
      intervals.ofImageByClass.sorted { $0.key < $1.key }.map { (index: Int?.some($0.key), ratio: $0.value) }
      + (intervals.ofImage.map { [(index: Int?.none, ratio: $0)] } ?? [])
    for (index, ratio) in rows {
      try statement.execute(arguments: [
        run, index, ratio.lower, ratio.upper, ratio.coverage, ratio.calibrationImages,
      ])
    }
  }

  package func intervals(_ run: AuditRun) throws(AuditStoreError) -> RunIntervals {
    try read { db in
      var intervals = RunIntervals()
      let rows = try Row.fetchAll(
        db, sql: "SELECT * FROM error_rate_intervals WHERE run_id = ?", arguments: [run.id])
      for row in rows {
        let interval = ErrorRateInterval(
          estimate: row["estimate"], lower: row["lower"], upper: row["upper"], coverage: row["coverage"],
          calibrationImages: row["calibration_images"])
        if let index = row["class_index"] as Int? {
          intervals.byClass[index] = interval
        } else {
          intervals.overall = interval
        }
      }
      let ratios = try Row.fetchAll(
        db, sql: "SELECT * FROM image_error_ratios WHERE run_id = ?", arguments: [run.id])
      for row in ratios {
        let ratio = Self.ratio(row)
        if let index = row["class_index"] as Int? {
          intervals.ofImageByClass[index] = ratio
        } else {
          intervals.ofImage = ratio
        }
      }
      let ofRegions = try Row.fetchAll(
        db, sql: "SELECT * FROM region_error_ratios WHERE run_id = ?", arguments: [run.id])
      for row in ofRegions {
        if row["is_worst"] {
          intervals.ofRegion.worst = Self.ratio(row)
        } else {
          intervals.ofRegion.others = Self.ratio(row)
        }
      }
      return intervals
    }
  }

  private static func ratio(_ row: Row) -> ErrorRateRatio {
    ErrorRateRatio(
      lower: row["lower"], upper: row["upper"], coverage: row["coverage"],
      calibrationImages: row["calibration_images"])
  }
}
