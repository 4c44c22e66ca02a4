import Auditing
import GRDB

/// In what ranges the true error rates of a run lie.
package struct RunIntervals: Sendable, Equatable {
  /// Of all pixels; `nil` without a calibration.
  package var overall: ErrorRateInterval?
  /// Of the pixels that are labelled as a class, by its index; classes with too little data have none.
  package var byClass: [Int: ErrorRateInterval]

  package init(overall: ErrorRateInterval? = nil, byClass: [Int: ErrorRateInterval] = [:]) {
    self.overall = overall
    self.byClass = byClass
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
      return intervals
    }
  }
}
