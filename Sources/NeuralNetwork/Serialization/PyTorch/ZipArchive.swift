import Foundation

/// The entries of a ZIP file, found through its central directory. Stored entries only, as PyTorch writes them.
///
/// *Source*: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
struct ZipArchive: Sendable {
  struct Entry: Sendable {
    let name: String
    let flags: UInt16
    let method: UInt16
    let checksum: UInt32
    let compressedSize: Int
    let size: Int
    let headerOffset: Int
  }

  /// In the order of the central directory.
  let entries: [Entry]
  private let indices: [String: Int]
  private let data: Data

  private static let directorySignature: UInt64 = 0x0201_4B50
  private static let localSignature: UInt64 = 0x0403_4B50
  private static let endSignature: UInt64 = 0x0605_4B50
  private static let end64Signature: UInt64 = 0x0606_4B50
  private static let locator64Signature: UInt64 = 0x0706_4B50
  private static let endLength = 22

  init(_ data: Data) throws(Malformed) {
    self.data = data
    let directory = try ZipArchive.findDirectory(data)
    var reader = ByteReader(data, directory.range)
    var entries: [Entry] = []
    var indices: [String: Int] = [:]
    for _ in 0..<directory.count {
      let entry = try ZipArchive.readEntry(&reader)
      guard indices.updateValue(entries.count, forKey: entry.name) == nil else {
        throw Malformed("ZIP entry '\(entry.name)' occurs twice")
      }
      entries.append(entry)
    }
    guard reader.remaining == 0 else {
      throw Malformed("\(reader.remaining) bytes after the last entry of the ZIP directory")
    }
    self.entries = entries
    self.indices = indices
  }

  func entry(_ name: String) -> Entry? { indices[name].map { entries[$0] } }

  // MARK: The directory

  private struct Directory {
    var count: Int
    var range: Range<Int>
  }

  private static func findDirectory(_ data: Data) throws(Malformed) -> Directory {
    let end = try findEnd(data)
    var reader = ByteReader(data, end + 4..<data.count)
    let (disk, directoryDisk) = (try reader.size(2), try reader.size(2))
    let (countHere, count) = (try reader.size(2), try reader.size(2))
    let (size, offset) = (try reader.size(4), try reader.size(4))
    if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
      return try findDirectory64(data, end: end)
    }
    guard disk == 0, directoryDisk == 0, countHere == count else {
      throw Malformed("a ZIP file in several parts, expected one file")
    }
    return try directory(count: count, offset: offset, size: size, before: end)
  }

  /// The end record is the last thing in the file but for a comment, whose length it holds.
  private static func findEnd(_ data: Data) throws(Malformed) -> Int {
    var position = data.count - endLength
    let lowest = max(0, position - 0xFFFF)
    while position >= lowest {
      var reader = ByteReader(data, position..<data.count)
      if try reader.unsigned(4) == endSignature {
        try reader.skip(endLength - 6)
        if try reader.size(2) == data.count - position - endLength { return position }
      }
      position -= 1
    }
    throw Malformed("no end of a ZIP directory: the file is cut off or damaged")
  }

  private static func findDirectory64(_ data: Data, end: Int) throws(Malformed) -> Directory {
    let locatorLength = 20
    guard end >= locatorLength else { throw Malformed("no ZIP64 end of directory") }
    var locator = ByteReader(data, end - locatorLength..<end)
    guard try locator.unsigned(4) == locator64Signature else { throw Malformed("no ZIP64 end of directory") }
    let disk = try locator.size(4)
    let start = try locator.size(8)
    let diskCount = try locator.size(4)
    guard disk == 0, diskCount <= 1 else { throw Malformed("a ZIP file in several parts, expected one file") }
    guard start <= end - locatorLength else { throw Malformed("ZIP64 end of directory at byte \(start)") }
    var reader = ByteReader(data, start..<end - locatorLength)
    guard try reader.unsigned(4) == end64Signature else {
      throw Malformed("no ZIP64 end record at byte \(start)")
    }
    try reader.skip(8 + 2 + 2)
    let (thisDisk, directoryDisk) = (try reader.size(4), try reader.size(4))
    let (countHere, count) = (try reader.size(8), try reader.size(8))
    let (size, offset) = (try reader.size(8), try reader.size(8))
    guard thisDisk == 0, directoryDisk == 0, countHere == count else {
      throw Malformed("a ZIP file in several parts, expected one file")
    }
    return try directory(count: count, offset: offset, size: size, before: start)
  }

  private static func directory(
    count: Int, offset: Int, size: Int, before end: Int
  ) throws(Malformed) -> Directory {
    guard offset <= end, size == end - offset else {
      throw Malformed("ZIP directory of \(size) bytes at byte \(offset), but its end is at byte \(end)")
    }
    let shortestEntry = 46
    guard count <= size / shortestEntry else { throw Malformed("\(count) ZIP entries in \(size) bytes") }
    return Directory(count: count, range: offset..<end)
  }

  private static func readEntry(_ reader: inout ByteReader) throws(Malformed) -> Entry {
    guard try reader.unsigned(4) == directorySignature else {
      throw Malformed("no ZIP directory entry at byte \(reader.position - 4)")
    }
    try reader.skip(4)
    let flags = UInt16(try reader.unsigned(2))
    let method = UInt16(try reader.unsigned(2))
    try reader.skip(4)
    let checksum = UInt32(try reader.unsigned(4))
    var (compressed, size) = (try reader.size(4), try reader.size(4))
    let (nameLength, extraLength) = (try reader.size(2), try reader.size(2))
    let commentLength = try reader.size(2)
    try reader.skip(2 + 2 + 4)
    var offset = try reader.size(4)
    guard let name = String(data: try reader.bytes(nameLength), encoding: .utf8) else {
      throw Malformed("a ZIP entry's name is not UTF-8")
    }
    var extra = ByteReader(try reader.bytes(extraLength), 0..<extraLength)
    while extra.remaining >= 4 {
      let (kind, length) = (try extra.size(2), try extra.size(2))
      var field = ByteReader(try extra.bytes(length), 0..<length)
      guard kind == 1 else { continue }  // ZIP64: those of the sizes that did not fit, in this order
      if size == 0xFFFF_FFFF { size = try field.size(8) }
      if compressed == 0xFFFF_FFFF { compressed = try field.size(8) }
      if offset == 0xFFFF_FFFF { offset = try field.size(8) }
    }
    try reader.skip(commentLength)
    return Entry(
      name: name, flags: flags, method: method, checksum: checksum, compressedSize: compressed, size: size,
      headerOffset: offset)
  }

  // MARK: Contents

  /// Where the bytes of a stored entry are, without looking at them.
  func range(of entry: Entry) throws(Malformed) -> Range<Int> {
    guard entry.flags & 1 == 0 else { throw Malformed("ZIP entry '\(entry.name)' is encrypted") }
    guard entry.method == 0 else {
      let name = entry.method == 8 ? "deflate" : "method \(entry.method)"
      throw Malformed(
        "ZIP entry '\(entry.name)' is compressed (\(name)), expected stored as torch.save writes it; load and "
          + "save the file with PyTorch, or repack it with `zip -0`")
    }
    guard entry.size == entry.compressedSize else {
      throw Malformed(
        "stored ZIP entry '\(entry.name)' has two sizes, \(entry.size) and \(entry.compressedSize)")
    }
    guard entry.headerOffset < data.count else {
      throw Malformed("ZIP entry '\(entry.name)' at byte \(entry.headerOffset) of \(data.count)")
    }
    var reader = ByteReader(data, entry.headerOffset..<data.count)
    guard try reader.unsigned(4) == ZipArchive.localSignature else {
      throw Malformed("no ZIP entry '\(entry.name)' at byte \(entry.headerOffset)")
    }
    try reader.skip(22)
    let (nameLength, extraLength) = (try reader.size(2), try reader.size(2))
    guard try reader.bytes(nameLength) == Data(entry.name.utf8) else {
      throw Malformed("ZIP entry '\(entry.name)' has another name at byte \(entry.headerOffset)")
    }
    try reader.skip(extraLength)
    let start = reader.position
    try reader.skip(entry.size)
    return start..<reader.position
  }

  /// Where the bytes of a stored entry are, after their checksum was compared.
  func checkedRange(of entry: Entry) throws(Malformed) -> Range<Int> {
    let range = try range(of: entry)
    let checksum = data.withUnsafeBytes {
      CyclicRedundancyCheck.checksum(UnsafeRawBufferPointer(rebasing: $0[range]))
    }
    guard checksum == entry.checksum else {
      throw Malformed(
        "ZIP entry '\(entry.name)' is damaged: CRC \(String(checksum, radix: 16)), expected "
          + String(entry.checksum, radix: 16))
    }
    return range
  }
}
