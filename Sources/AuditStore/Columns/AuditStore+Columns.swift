import GRDB

extension AuditStore {
  /// Writes anew the columns of all blocks of a run in which images have changed since.
  package func updateColumns(_ run: AuditRun) throws(AuditStoreError) {
    try updateColumns(run: run.id, before: .max)
  }

  /// Of all runs.
  func updateColumns() throws(AuditStoreError) {
    let runs = try read { try Int64.fetchAll($0, sql: "SELECT id FROM runs") }
    for run in runs { try updateColumns(run: run, before: .max) }
  }

  /// One transaction a block, so that other processes need not wait long.
  ///
  /// - Parameter end: the first block that is left as it is.
  private func updateColumns(run: Int64, before end: Int64) throws(AuditStoreError) {
    let stale = try read { db in
      try Int64.fetchAll(
        db, sql: "SELECT block FROM image_blocks WHERE run_id = ? AND block < ? AND NOT is_current",
        arguments: [run, end])
    }
    for block in stale {
      try write { db in
        // All: a class may be in none of the images any more.
        try db.execute(
          sql: "DELETE FROM image_columns WHERE run_id = ? AND block = ?", arguments: [run, block])
        let insert = try db.cachedStatement(
          sql: "INSERT INTO image_columns (run_id, block, name, data) VALUES (?, ?, ?, ?)")
        let columns = ImageColumns(run: run, block: block, db: db)
        for (name, data) in try columns.stored() { try insert.execute(arguments: [run, block, name, data]) }
        let paths = try columns.paths().bounds
        try db.execute(
          sql: "UPDATE image_blocks SET is_current = 1, first_path = ?, last_path = ? "
            + "WHERE run_id = ? AND block = ?", arguments: [paths?.first, paths?.last, run, block])
      }
    }
  }

  /// Notes that this process has written an image, and writes the columns of earlier blocks when a new one begins.
  func noteWritten(image id: Int64, run: AuditRun) throws(AuditStoreError) {
    let block = id >> ImageColumns.blockBits
    let before = writtenBlocks.withLock { $0.updateValue(block, forKey: run.id) }
    if let before, before != block { try updateColumns(run: run.id, before: max(before, block)) }
  }
}
