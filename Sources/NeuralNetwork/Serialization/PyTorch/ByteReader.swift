import Foundation

/// Reads little-endian numbers one after the other, and never past the end.
struct ByteReader {
  let data: Data
  private(set) var position: Int
  let end: Int

  /// - Precondition: `range` lies in `data`.
  init(_ data: Data, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= data.count)
    self.data = data
    position = range.lowerBound
    end = range.upperBound
  }

  var remaining: Int { end - position }

  mutating func byte() throws(Malformed) -> UInt8 {
    guard position < end else { throw Malformed("ends early, at byte \(position)") }
    defer { position += 1 }
    return data[data.startIndex + position]
  }

  /// An unsigned number of up to 8 bytes.
  mutating func unsigned(_ byteCount: Int) throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<byteCount { value |= UInt64(try byte()) << (8 * UInt64(index)) }
    return value
  }

  /// An unsigned number that is used as a size or an offset.
  mutating func size(_ byteCount: Int) throws(Malformed) -> Int {
    let value = try unsigned(byteCount)
    guard let size = Int(exactly: value) else { throw Malformed("a size of \(value) at byte \(position)") }
    return size
  }

  mutating func bytes(_ count: Int) throws(Malformed) -> Data {
    let start = position
    try skip(count)
    return data.subdata(in: data.startIndex + start..<data.startIndex + position)
  }

  mutating func skip(_ count: Int) throws(Malformed) {
    guard count >= 0, count <= remaining else {
      throw Malformed("ends early: \(count) bytes announced at byte \(position), \(remaining) left")
    }
    position += count
  }

  /// The bytes up to the next line feed, which is skipped.
  mutating func line() throws(Malformed) -> Data {
    let start = data.startIndex + position
    guard let feed = data[start..<data.startIndex + end].firstIndex(of: 10) else {
      throw Malformed("ends within a line that begins at byte \(position)")
    }
    position = feed + 1 - data.startIndex
    return data.subdata(in: start..<feed)
  }
}
