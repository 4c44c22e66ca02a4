import Auditing
import Foundation
import GRDB

/// One value of an SQL answer.
package enum SQLValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  /// Its number of bytes.
  case blob(Int)
}

extension AuditStore {
  /// Answers any SQL question. The connection is read-only; beside SQLite's own there are the functions of
  /// `MapFunction` on the blobs of the table `maps`.
  ///
  /// - Throws: SQLite's words for what is wrong with the statement.
  package static func answer(
    _ sql: String, path: String, columns: @escaping @Sendable ([String]) throws -> Void,
    row body: @escaping @Sendable ([SQLValue]) throws -> Void
  ) throws {
    // Opened the usual way first: foreign, missing and newer files get their own words.
    _ = try AuditStore(path: path, access: .readOnly)
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(60)
    configuration.prepareDatabase { db in MapFunction.all.forEach(db.add(function:)) }
    do {
      try DatabaseQueue(path: path, configuration: configuration).read { db in
        let statement = try db.makeStatement(sql: sql)
        try columns(statement.columnNames)
        let rows = try Row.fetchCursor(statement)
        while let row = try rows.next() { try body(row.databaseValues.map(SQLValue.init)) }
      }
    } catch let error as DatabaseError {
      throw AuditStoreError(file: path, reason: "SQL: \(error.message ?? "error")")
    }
  }
}

extension SQLValue {
  fileprivate init(_ value: DatabaseValue) {
    switch value.storage {
    case .null: self = .null
    case .int64(let integer): self = .integer(integer)
    case .double(let real): self = .real(real)
    case .string(let text): self = .text(text)
    case .blob(let data): self = .blob(data.count)
    }
  }
}
