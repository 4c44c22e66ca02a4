import Foundation
import GRDB

/// What conditions and orders ask of the audited images of a block, by columns (`schema/0008_columns.sql`), read from the
/// table of images; each column in the order of the ids.
struct ImageColumns {
  /// Images of a block have ids that are equal but for so many bits.
  static let blockBits: Int64 = 14

  /// Columns of numbers, as they are called in the table `images`.
  static let numberNames = [
    "mean_error_probability", "expected_wrong_pixels", "worst_region_pixels", "error_p50", "error_p90",
    "error_p95", "error_p99", "mean_confidence", "mean_entropy", "mean_margin", "balanced_error_rate",
    "width", "height", "duplicate_of", "region_count", "region_wrong_pixels", "region_boundary_length",
  ]

  let run: Int64
  let block: Int64
  let db: Database

  private var firstID: Int64 { block << Self.blockBits }

  /// Less the first id of the block.
  func ids() throws -> [UInt16] {
    var ids: [UInt16] = []
    try forEachImage("id") { ids.append(UInt16(($0[0] as Int64) - firstID)) }
    return ids
  }

  func paths() throws -> PathColumn {
    var paths = PathColumn()
    try forEachImage("path") { paths.append($0[0]) }
    return paths
  }

  /// NaN for NULL.
  ///
  /// - Parameter name: one of `numberNames`.
  func numbers(_ name: String) throws -> [Double] {
    var numbers: [Double] = []
    try forEachImage(name) { numbers.append(($0[0] as Double?) ?? .nan) }
    return numbers
  }

  /// By the indices of the classes.
  func classes() throws -> [Int: ClassColumn] {
    var classes: [Int: ClassColumn] = [:]
    // The sign keeps SQLite from the run's indexes: the table itself is in this order.
    try forEachRow(
      "SELECT class_index, image_id, predicted_pixels, expected_wrong_pixels FROM image_classes "
        + "WHERE image_id BETWEEN ? AND ? AND +run_id = ? ORDER BY image_id"
    ) { row in
      classes[row[0], default: ClassColumn()].append(
        id: UInt16((row[1] as Int64) - firstID), predictedPixels: row[2], expectedWrongPixels: row[3])
    }
    return classes
  }

  private func forEachImage(_ column: String, _ body: (Row) -> Void) throws {
    try forEachRow(
      "SELECT \(column) FROM images NOT INDEXED WHERE id BETWEEN ? AND ? AND run_id = ? AND status = 'done' "
        + "ORDER BY id", body)
  }

  private func forEachRow(_ sql: String, _ body: (Row) -> Void) throws {
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: sql), arguments: [firstID, firstID + (1 << Self.blockBits) - 1, run])
    while let row = try rows.next() { body(row) }
  }

  /// Name and bytes of each column, as the database keeps them.
  func stored() throws -> [(name: String, data: Data)] {
    try [("id", Self.bytes(ids())), ("path", paths().stored)]
      + Self.numberNames.map { ($0, Self.bytes(try numbers($0))) }
      + classes().map { (Self.className($0), $1.stored) }
  }

  static func className(_ index: Int) -> String { "class \(index)" }

  fileprivate static func bytes<Element: BitwiseCopyable>(_ values: [Element]) -> Data {
    values.withUnsafeBytes { Data($0) }
  }

  /// - Parameter data: of a whole number of values, which replace those of the array.
  static func copy<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(
    _ data: Data, into values: inout [Element]
  ) {
    let count = data.count / MemoryLayout<Element>.stride
    if values.count > count { values.removeLast(values.count - count) }
    if values.count < count { values += repeatElement(0, count: count - values.count) }
    values.withUnsafeMutableBytes { _ = data.copyBytes(to: $0) }
  }
}

/// A class in those images of a block in which it is predicted.
struct ClassColumn {
  /// Less the first id of the block.
  private(set) var ids: [UInt16] = []
  private(set) var predictedPixels: [Double] = []
  private(set) var expectedWrongPixels: [Double] = []

  mutating func append(id: UInt16, predictedPixels: Double, expectedWrongPixels: Double) {
    ids.append(id)
    self.predictedPixels.append(predictedPixels)
    self.expectedWrongPixels.append(expectedWrongPixels)
  }

  var stored: Data {
    ImageColumns.bytes(ids) + ImageColumns.bytes(predictedPixels) + ImageColumns.bytes(expectedWrongPixels)
  }

  mutating func restore(_ data: Data) {
    let count = data.count / (MemoryLayout<UInt16>.stride + 2 * MemoryLayout<Double>.stride)
    let (middle, end) = (count * MemoryLayout<UInt16>.stride, count * MemoryLayout<Double>.stride)
    ImageColumns.copy(data.prefix(middle), into: &ids)
    ImageColumns.copy(data.dropFirst(middle).prefix(end), into: &predictedPixels)
    ImageColumns.copy(data.dropFirst(middle + end), into: &expectedWrongPixels)
  }
}

/// The paths of a block's images.
struct PathColumn {
  /// Where each path ends in `bytes`, its 0 included.
  private var ends: [UInt32] = []
  private var bytes: [UInt8] = []

  /// - Parameter count: how many paths were stored.
  mutating func restore(_ data: Data, count: Int) {
    let size = count * MemoryLayout<UInt32>.stride
    ImageColumns.copy(data.prefix(size), into: &ends)
    ImageColumns.copy(data.dropFirst(size), into: &bytes)
  }

  var stored: Data { ends.withUnsafeBytes { Data($0) } + bytes }

  mutating func append(_ path: String) {
    bytes.append(contentsOf: path.utf8)
    bytes.append(0)
    ends.append(UInt32(bytes.count))
  }

  /// The least and the largest path, bytewise, in small letters a–z; `nil` without paths.
  var bounds: (first: String, last: String)? {
    var bounds: (first: [UInt8], last: [UInt8])?
    forEach { _, path in
      let path = path.map(LikePattern.small)
      let (first, last) = bounds ?? (path, path)
      bounds = (
        path.lexicographicallyPrecedes(first) ? path : first,
        last.lexicographicallyPrecedes(path) ? path : last
      )
    }
    return bounds.map {
      (String(decoding: $0.first, as: UTF8.self), String(decoding: $0.last, as: UTF8.self))
    }
  }

  /// Calls `body` with the bytes of each path, behind which there is a 0.
  func forEach(_ body: (Int, UnsafeBufferPointer<UInt8>) -> Void) {
    bytes.withUnsafeBufferPointer { all in
      var start = 0
      for (index, end) in ends.enumerated() {
        body(index, UnsafeBufferPointer(rebasing: all[start..<Int(end) - 1]))
        start = Int(end)
      }
    }
  }

  subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index]) - 1]
  }
}
