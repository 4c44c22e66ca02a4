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
  /// Answers any SQL question. The connection is read-only; beside SQLite's own there are the functions
  /// `error_fraction(map, threshold)`, `mean_error(map)`, `error_at(map, width, x, y)` and
  /// `label_pixels(map, class_index)` on the blobs of the table `maps`.
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
    configuration.prepareDatabase { db in for function in MapFunction.all { db.add(function: function) } }
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

/// SQL functions on per-pixel maps. A blob that is no map, or a place outside of it, gives NULL.
private enum MapFunction {
  static var all: [DatabaseFunction] {
    [
      function("error_fraction", 2) { map, arguments in
        guard let threshold = Double.fromDatabaseValue(arguments[1]), !map.isEmpty else { return nil }
        return Double(map.count { Double($0) >= threshold * 255 }) / Double(map.count)
      },
      function("mean_error", 1) { map, _ in
        map.isEmpty ? nil : map.reduce(0.0) { $0 + Double($1) } / (255 * Double(map.count))
      },
      function("error_at", 4) { map, arguments in
        guard let width = Int.fromDatabaseValue(arguments[1]), let x = Int.fromDatabaseValue(arguments[2]),
          let y = Int.fromDatabaseValue(arguments[3]), width > 0, (0..<width).contains(x), y >= 0,
          y < map.count / width
        else { return nil }
        return Double(map[y * width + x]) / 255
      },
      function("label_pixels", 2) { map, arguments in
        guard let index = UInt8.fromDatabaseValue(arguments[1]) else { return nil }
        return map.count { $0 == index }
      },
    ]
  }

  private static func function(
    _ name: String, _ count: Int,
    _ body: @escaping @Sendable ([UInt8], [DatabaseValue]) -> (any DatabaseValueConvertible)?
  ) -> DatabaseFunction {
    DatabaseFunction(name, argumentCount: count, pure: true) { arguments in
      guard let data = Data.fromDatabaseValue(arguments[0]), let map = CompressedMap.decompress(data) else {
        return nil
      }
      return body(map, arguments)
    }
  }
}
