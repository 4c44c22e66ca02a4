import Foundation
import GRDB

/// The images of a run, one block after the other. Of the block at hand, each column is read when it is first asked for.
final class ImageBlocks {
  private let run: Int64
  private let db: Database
  private let blocks: [(number: Int64, isCurrent: Bool)]
  /// Which of the blocks is at hand.
  private var position = 0
  /// Their memory is used again from block to block: to give it back and ask for more would take longer than the reading.
  private var ids: [UInt16] = []
  private var numbers: [String: [Double]] = [:]
  private var knownPaths = PathColumn()
  private var known: Set<String> = []

  init(run: Int64, _ db: Database) throws {
    (self.run, self.db) = (run, db)
    blocks = try Row.fetchAll(
      db, sql: "SELECT block, is_current FROM image_blocks WHERE run_id = ? ORDER BY block", arguments: [run]
    ).map { ($0[0], $0[1]) }
  }

  var indices: Range<Int> { blocks.indices }

  /// Takes a block to hand. What the database does not hold by columns is read from the table of images.
  func move(to position: Int) throws {
    self.position = position
    known = []
    if blocks[position].isCurrent {
      try read("id") { ImageColumns.copy($0, into: &ids) }
    } else {
      let columns = try ImageColumns(run: run, block: blocks[position].number, db)
      (ids, knownPaths) = (columns.ids, columns.paths)
      numbers = Dictionary(uniqueKeysWithValues: zip(ImageColumns.numberNames, columns.numbers))
      known = Set(ImageColumns.numberNames + ["path"])
    }
  }

  var count: Int { ids.count }

  func id(_ index: Int) -> Int64 { blocks[position].number << ImageColumns.blockBits + Int64(ids[index]) }

  /// NaN for NULL.
  ///
  /// - Parameter name: one of `ImageColumns.numberNames`.
  func numbers(_ name: String) throws -> [Double] {
    if known.insert(name).inserted {
      try read(name) { ImageColumns.copy($0, into: &numbers[name, default: []]) }
    }
    return numbers[name] ?? []
  }

  func paths() throws -> PathColumn {
    if known.insert("path").inserted { try read("path") { knownPaths.restore($0, count: count) } }
    return knownPaths
  }

  private func read(_ name: String, _ body: (Data) -> Void) throws {
    let statement = try db.cachedStatement(
      sql: "SELECT data FROM image_columns WHERE run_id = ? AND block = ? AND name = ?")
    let block = blocks[position].number
    let rows = try Row.fetchCursor(statement, arguments: [run, block, name])
    guard let row = try rows.next() else {
      throw DatabaseError(
        resultCode: .SQLITE_CORRUPT, message: "column \(name) of block \(block) is missing in image_columns")
    }
    try row.withUnsafeData(atIndex: 0) { body($0 ?? Data()) }
  }
}
