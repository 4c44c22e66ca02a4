import AuditSchema
import Auditing
import Foundation
import GRDB
import Synchronization

/// The database of audits.
///
/// In WAL mode: readers work while an audit writes, and several audits may write. Every image is one transaction.
package final class AuditStore: Sendable {
  package let path: String
  let database: any DatabaseWriter
  /// In which block this process wrote the last image of a run (`noteWritten`).
  let writtenBlocks = Mutex<[Int64: Int64]>([:])

  /// "erra"; marks the file as ours.
  private static let applicationID = 0x6572_7261

  /// How long a lock of another process is waited for.
  ///
  /// *Units*: seconds.
  private static let lockTimeout: TimeInterval = 60

  /// An image changes some fifty pages all over the indexes. SQLite by default moves its log into the database every
  /// 4 MB, and the disk is waited for at every sixth image. Here every 32 MB. A cache of 8 MB rather than 2 MB spares some
  /// reading; a larger one fills all through an audit, which then looks as if it grew. Behind a million images those
  /// pages lie far apart, and the cache is a thirty-second of the file as it was opened, 128 MB at most. For the one
  /// connection that writes: those of readers keep SQLite's own.
  private static func writerSettings(_ path: String) -> String {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    let cache = min(max(size / 32, 8 << 20), 128 << 20)
    return "PRAGMA cache_size = -\(cache >> 10); PRAGMA wal_autocheckpoint = 8192"
  }

  /// The row of an image touches a page of every index, and a statement with triggers keeps what it may have to undo:
  /// more than SQLite holds in memory by default, so that each image would make a file for it. Not while migrations run:
  /// what they sort must not stay in memory.
  private static let statementsAreUndoneInMemory = "PRAGMA temp_store = MEMORY"

  package enum Access: Sendable {
    /// Makes the file if there is none.
    case readWrite
    /// The file must exist.
    case readOnly
  }

  package init(path: String, access: Access) throws(AuditStoreError) {
    self.path = path
    var configuration = Configuration()
    configuration.busyMode = .timeout(Self.lockTimeout)
    configuration.foreignKeysEnabled = true
    // Before anything is written: opening for writing switches the file to WAL mode.
    configuration.prepareDatabase { try Self.check($0, path: path) }
    do {
      switch access {
      case .readWrite:
        let (pool, wasMigrated) = try Self.openPool(path, configuration)
        database = pool
        if wasMigrated {
          try updateColumns()
          Self.emptyLog(pool)
        }
      case .readOnly:
        guard FileManager.default.fileExists(atPath: path) else {
          throw AuditStoreError(file: path, reason: "no such database")
        }
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        database = queue
        let version = try queue.read(Self.version)
        guard version > 0 else {
          throw AuditStoreError(file: path, reason: "an empty file, no database of audits yet")
        }
        if version < AuditSchema.migrations.count { try Self.update(path, from: version) }
      }
    } catch {
      throw Self.translate(error, path)
    }
  }

  /// Brings a database of an older version up to date, for those who only read it.
  private static func update(_ path: String, from version: Int) throws {
    do {
      _ = try AuditStore(path: path, access: .readWrite)
    } catch {
      throw AuditStoreError(
        file: path,
        reason:
          "was written by an older version of errata (database version \(version)), and cannot be brought up "
          + "to date: \(error.reason)")
    }
  }

  /// Opens for writing, in WAL mode and with all migrations applied.
  ///
  /// SQLite's switch to WAL mode does not wait for other processes (its busy handler is not asked), so where several
  /// make the file at once, whoever came too early tries again for as long as a lock is waited for elsewhere.
  private static func openPool(
    _ path: String, _ configuration: Configuration
  ) throws -> (pool: DatabasePool, wasMigrated: Bool) {
    let deadline = ContinuousClock.now + .seconds(lockTimeout)
    while true {
      do {
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { try $0.execute(sql: writerSettings(path)) }
        let wasMigrated = try pool.write(migrate)
        try pool.writeWithoutTransaction { try $0.execute(sql: statementsAreUndoneInMemory) }
        return (pool, wasMigrated)
      } catch let error as DatabaseError
        where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline
      {
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
  }

  /// Moves the log of a large change into the database. Otherwise everyone who opens it would read the whole log first, for
  /// a reader that is there already keeps it from being moved when the writer closes. Nobody is waited for.
  private static func emptyLog(_ pool: DatabasePool) {
    try? pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA busy_timeout = 0")
      defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(lockTimeout * 1000))") }
      _ = try db.checkpoint(.truncate)
    }
  }

  /// Applies the migrations that the file lacks, in the transaction that is open.
  ///
  /// - Returns: whether there were any.
  private static func migrate(_ db: Database) throws -> Bool {
    let missing = AuditSchema.migrations.dropFirst(try version(db))
    for migration in missing { try db.execute(sql: migration.sql) }
    return !missing.isEmpty
  }

  private static func version(_ db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
  }

  /// - Throws: unless the database is ours and not newer than this program, or empty.
  private static func check(_ db: Database, path: String) throws {
    // In this order: another process may be making the database just now, in one transaction.
    let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
    let version = try version(db)
    let isOurs = try Int.fetchOne(db, sql: "PRAGMA application_id") == applicationID && version > 0
    guard isOurs || (isEmpty && version == 0) else {
      throw AuditStoreError(file: path, reason: "a database of another program")
    }
    guard version <= AuditSchema.migrations.count else {
      throw AuditStoreError(
        file: path,
        reason: "was written by a newer version of errata (database version \(version), this program knows "
          + "\(AuditSchema.migrations.count)); update errata to use it")
    }
  }

  static func translate(_ error: any Error, _ path: String) -> AuditStoreError {
    if let error = error as? AuditStoreError { return error }
    guard let error = error as? DatabaseError else { return AuditStoreError(file: path, reason: "\(error)") }
    // The condition is one of the last pattern only.
    switch error.resultCode {
    case .SQLITE_NOTADB:
      return AuditStoreError(file: path, reason: "exists, but is no SQLite database")
    case .SQLITE_FULL,
      .SQLITE_IOERR where error.resultCode == .SQLITE_FULL || !hasRoom(path):
      return AuditStoreError(
        file: path,
        reason:
          "the disk is full. What was written before is kept, and the database is sound; make room and start "
          + "the same command again")
    default:
      return AuditStoreError(file: path, reason: "SQLite: \(error.message ?? "error") (\(error.resultCode))")
    }
  }

  /// Whether the file system that holds the database can take a few pages more. Without room for the memory that
  /// processes share SQLite speaks of input and output only.
  private static func hasRoom(_ path: String) -> Bool {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    return free.map { $0 >= leastRoom } ?? true
  }

  /// *Units*: bytes.
  private static let leastRoom = 1 << 18

  func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) throws(AuditStoreError) -> Value {
    do {
      return try database.read(body)
    } catch {
      throw Self.translate(error, path)
    }
  }

  func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) throws(AuditStoreError) -> Value {
    do {
      return try database.write(body)
    } catch {
      throw Self.translate(error, path)
    }
  }
}
