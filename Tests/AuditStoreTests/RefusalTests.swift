import AuditStore
import Auditing
import Foundation
import GRDB
import Testing

@Suite struct RefusalTests {
  private let database: SampleDatabase

  init() throws { database = try SampleDatabase() }

  private func reason(_ access: AuditStore.Access) -> String {
    SampleDatabase.reason { _ = try database.open(access) }
  }

  private var bytes: Data? { FileManager.default.contents(atPath: database.path) }

  @Test(arguments: [AuditStore.Access.readWrite, .readOnly]) func aNewerVersion(access: AuditStore.Access)
    throws
  {
    _ = try database.open()
    try database.raw { try $0.execute(sql: "PRAGMA user_version = 700") }
    let text = reason(access)
    #expect(
      text.hasPrefix(
        "\(database.path): was written by a newer version of errata (database version 700, this program knows "
      ))
    #expect(text.hasSuffix("); update errata to use it"))
    #expect(try database.raw { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 700)
  }

  @Test(arguments: [AuditStore.Access.readWrite, .readOnly], [0, 1, 3])
  func anotherProgramsDatabase(access: AuditStore.Access, version: Int) throws {
    try database.raw {
      try $0.execute(sql: "CREATE TABLE contacts (name TEXT); PRAGMA user_version = \(version)")
    }
    let before = bytes
    #expect(reason(access) == "\(database.path): a database of another program")
    #expect(bytes == before)
    let files = try FileManager.default.contentsOfDirectory(atPath: database.folder.path)
    #expect(files == ["audit.sqlite"])
  }

  @Test(
    arguments: [AuditStore.Access.readWrite, .readOnly],
    ["hello, not a database", "SQLite format 3\0 but cut"])
  func noDatabase(access: AuditStore.Access, text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: database.path))
    #expect(reason(access) == "\(database.path): exists, but is no SQLite database")
    #expect(bytes == Data(text.utf8))
  }

  @Test func aFileThatIsNone() throws {
    #expect(reason(.readOnly) == "\(database.path): no such database")
    #expect(!FileManager.default.fileExists(atPath: database.path))
    let nowhere = database.folder.appendingPathComponent("no/such/folder/audit.sqlite").path
    #expect(SampleDatabase.reason { _ = try AuditStore(path: nowhere, access: .readWrite) }.contains(nowhere))
    let folder = database.folder.path
    #expect(SampleDatabase.reason { _ = try AuditStore(path: folder, access: .readWrite) }.contains(folder))
    #expect(SampleDatabase.reason { _ = try AuditStore(path: folder, access: .readOnly) }.contains(folder))
  }

  @Test func anEmptyFileBecomesADatabase() throws {
    try Data().write(to: URL(fileURLWithPath: database.path))
    #expect(try database.open().runs().isEmpty)
    #expect(try database.open(.readOnly).runs().isEmpty)
    #expect(
      SampleDatabase.reason { _ = try database.open(.readOnly).run(named: nil) }.contains("holds no run"))
  }

  @Test func readersCannotWrite() throws {
    let run = try database.open().beginRun(.sample())
    let reader = try database.open(.readOnly)
    #expect(throws: AuditStoreError.self) { try reader.finishRun(run) }
    #expect(throws: AuditStoreError.self) { try reader.recordFailure(path: "a", reason: "b", run: run) }
    #expect(try database.count("images") == 0)
  }

  @Test func theFileSaysWhatItIs() throws {
    _ = try database.open()
    #expect(try database.raw { try Int.fetchOne($0, sql: "PRAGMA application_id") } == 0x6572_7261)
    #expect(try database.raw { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 } >= 2)
    #expect(try database.raw { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
  }
}
