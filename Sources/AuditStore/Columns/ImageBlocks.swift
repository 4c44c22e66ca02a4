import Foundation
import GRDB

/// The images of a run, one block after the other. Of the block at hand, each column is read when it is first asked for.
final class ImageBlocks {
  private let run: Int64
  private let db: Database
  private struct Block {
    let number: Int64
    let isCurrent: Bool
    /// Of a current one: `nil` without images.
    let paths: (first: String, last: String)?
  }

  private let blocks: [Block]
  /// Which of the blocks is at hand.
  private var position = 0
  /// Their memory is used again from block to block: to give it back and ask for more would take longer than the reading.
  private var ids: [UInt16] = []
  private var numbers: [String: [Double]] = [:]
  private var knownPaths = PathColumn()
  private var classes: [Int: ClassColumn] = [:]
  private var known: Set<String> = []

  init(run: Int64, _ db: Database) throws {
    (self.run, self.db) = (run, db)
    blocks = try Row.fetchAll(
      db,
      sql:
        "SELECT block, is_current, first_path, last_path FROM image_blocks WHERE run_id = ? ORDER BY block",
      arguments: [run]
    ).map { row in
      let (first, last) = (row[2] as String?, row[3] as String?)
      return Block(
        number: row[0], isCurrent: row[1],
        paths: first.flatMap { first in last.map { (first, $0) } })
    }
  }

  /// Whether a block may hold paths with this beginning.
  ///
  /// - Parameter beginning: with small letters for A–Z, as all paths are compared.
  func mayHold(_ beginning: [UInt8], at position: Int) -> Bool {
    let block = blocks[position]
    guard block.isCurrent else { return true }
    guard let (first, last) = block.paths else { return false }
    return !last.utf8.lexicographicallyPrecedes(beginning)
      && !beginning.lexicographicallyPrecedes(first.utf8.prefix(beginning.count))
  }

  var indices: Range<Int> { blocks.indices }

  /// Takes a block to hand.
  func move(to position: Int) throws {
    self.position = position
    known = []
    if let table { ids = try table.ids() } else { try read("id") { ImageColumns.copy($0, into: &ids) } }
  }

  /// Where the database does not hold the block at hand by columns: the table of images.
  private var table: ImageColumns? {
    let block = blocks[position]
    return block.isCurrent ? nil : ImageColumns(run: run, block: block.number, db: db)
  }

  var count: Int { ids.count }

  func id(_ index: Int) -> Int64 { blocks[position].number << ImageColumns.blockBits + Int64(ids[index]) }

  /// NaN for NULL.
  ///
  /// - Parameter name: one of `ImageColumns.numberNames`.
  func numbers(_ name: String) throws -> [Double] {
    if known.insert(name).inserted {
      if let table {
        numbers[name] = try table.numbers(name)
      } else {
        try read(name) { ImageColumns.copy($0, into: &numbers[name, default: []]) }
      }
    }
    return numbers[name] ?? []
  }

  func paths() throws -> PathColumn {
    if known.insert("path").inserted {
      if let table {
        knownPaths = try table.paths()
      } else {
        try read("path") { knownPaths.restore($0, count: count) }
      }
    }
    return knownPaths
  }

  /// Empty where the class is in none of the images.
  private func classColumn(_ index: Int) throws -> ClassColumn {
    let name = ImageColumns.className(index)
    if known.insert(name).inserted {
      if let table {
        classes[index] = try table.classes()[index]
      } else {
        try read(name, isOptional: true) { classes[index, default: ClassColumn()].restore($0) }
      }
    }
    return classes[index] ?? ClassColumn()
  }

  /// Of each image of the block in which the class is predicted.
  ///
  /// - Parameter body: gets the image's index, and the class's pixels in it.
  func forEachImage(
    ofClass index: Int, _ body: (Int, _ predictedPixels: Double, _ expectedWrongPixels: Double) -> Void
  ) throws {
    let column = try classColumn(index)
    var image = 0
    for (position, id) in column.ids.enumerated() {
      while image < ids.count && ids[image] < id { image += 1 }
      guard image < ids.count else { return }
      if ids[image] == id {
        body(image, column.predictedPixels[position], column.expectedWrongPixels[position])
      }
    }
  }

  /// - Parameter isOptional: whether no column is one without values.
  private func read(_ name: String, isOptional: Bool = false, _ body: (Data) -> Void) throws {
    let statement = try db.cachedStatement(
      sql: "SELECT data FROM image_columns WHERE run_id = ? AND block = ? AND name = ?")
    let block = blocks[position].number
    let rows = try Row.fetchCursor(statement, arguments: [run, block, name])
    guard let row = try rows.next() else {
      if isOptional { return body(Data()) }
      throw DatabaseError(
        resultCode: .SQLITE_CORRUPT, message: "column \(name) of block \(block) is missing in image_columns")
    }
    try row.withUnsafeData(atIndex: 0) { body($0 ?? Data()) }
  }
}
