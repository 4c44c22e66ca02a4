import GRDB

/// What happens to a run or to one of its images, as the table `events` names it.
enum AuditEvent: String {
  case started, continued, interrupted, finished
  case failed, changed, renamed
}

extension AuditStore {
  static func note(
    _ event: AuditEvent, _ detail: String? = nil, image: Int64? = nil, run: Int64, _ db: Database
  ) throws {
    try db.cachedStatement(sql: "INSERT INTO events (run_id, image_id, kind, detail) VALUES (?, ?, ?, ?)")
      .execute(arguments: [run, image, event.rawValue, detail])
  }

  /// Notes that no image of the folder remains.
  package func finishRun(_ run: AuditRun) throws(AuditStoreError) {
    try updateColumns(run)
    try write { db in
      try db.execute(
        sql: "UPDATE runs SET finished_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ?",
        arguments: [run.id])
      try Self.note(.finished, run: run.id, db)
    }
  }

  /// Notes that someone asked an audit to stop before all was done.
  package func interruptRun(_ run: AuditRun) throws(AuditStoreError) {
    try updateColumns(run)
    try write { db in try Self.note(.interrupted, run: run.id, db) }
  }
}
