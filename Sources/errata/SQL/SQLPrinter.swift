import AuditStore
import Exchange
import Foundation
import Synchronization

/// Prints the rows of an SQL answer: JSON and CSV as they come, a table when all are known.
final class SQLPrinter: Sendable {
  enum Format: Sendable { case table, csv, json }

  private let format: Format
  private let state = Mutex(State())

  private struct State {
    var columns: [String] = []
    /// Of a table.
    var rows: [[String]] = []
    /// Whether every value of a column is a number.
    var isNumeric: [Bool] = []
  }

  init(format: Format) { self.format = format }

  func begin(_ columns: [String]) {
    state.withLock {
      $0.columns = columns
      $0.isNumeric = columns.map { _ in true }
    }
    if format == .csv { print(CSVRow(columns).line) }
  }

  func add(_ values: [SQLValue]) throws {
    switch format {
    case .csv: print(CSVRow(values.map(\.text)).line)
    case .json: print(try json(values))
    case .table:
      state.withLock {
        $0.rows.append(values.map(\.text))
        for (index, value) in values.enumerated() where !value.isNumber { $0.isNumeric[index] = false }
      }
    }
  }

  func end() {
    guard format == .table else { return }
    let state = state.withLock { $0 }
    let widths = state.columns.indices.map { index in
      max(state.columns[index].count, state.rows.map { $0[index].count }.max() ?? 0)
    }
    for row in [state.columns] + state.rows {
      let cells = row.enumerated().map { index, cell in
        let padding = String(repeating: " ", count: widths[index] - cell.count)
        return state.isNumeric[index] ? padding + cell : cell + padding
      }
      print(cells.joined(separator: "  ").trimmingTrailingSpaces)
    }
  }

  private func json(_ values: [SQLValue]) throws -> String {
    let columns = state.withLock { $0.columns }
    let object = Dictionary(zip(columns, values.map(\.json)), uniquingKeysWith: { first, _ in first })
    let data = try JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self)
  }
}

extension SQLValue {
  fileprivate var isNumber: Bool {
    switch self {
    case .integer, .real, .null: true
    case .text, .blob: false
    }
  }

  fileprivate var text: String {
    switch self {
    case .null: ""
    case .integer(let value): String(value)
    case .real(let value): String(value)
    case .text(let value): value
    case .blob(let count): "<\(count) bytes>"
    }
  }

  fileprivate var json: Any {
    switch self {
    case .null: NSNull()
    case .integer(let value): value
    case .real(let value): value.isFinite ? value : String(value)
    case .text, .blob: text
    }
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var result = self
    while result.last == " " { result.removeLast() }
    return result
  }
}
