import GRDBSQLite

/// A pattern of SQL's LIKE: `%` for any text, `_` for any character, A–Z as a–z.
///
/// Answers as SQLite's LIKE does; patterns of `%` and ASCII letters alone several times as fast.
struct LikePattern {
  private let pattern: String
  /// What stands between the `%`, in small letters; `nil` where SQLite has to be asked.
  private let parts: [[UInt8]]?

  init(_ pattern: String) {
    self.pattern = pattern
    let isPlain = pattern.utf8.allSatisfy { $0 < 128 && $0 != UInt8(ascii: "_") }
    parts =
      isPlain
      ? pattern.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false)
        .map { $0.map(Self.small) } : nil
  }

  /// What every text that matches begins with, in small letters a–z; as far as it is ASCII.
  var beginning: [UInt8] {
    pattern.utf8.prefix { $0 < 128 && $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "_") }.map(Self.small)
  }

  /// - Parameter text: of UTF-8, with a 0 behind its end.
  func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let parts else {
      return text.withMemoryRebound(to: CChar.self) { sqlite3_strlike(pattern, $0.baseAddress, 0) == 0 }
    }
    guard let first = parts.first, let last = parts.last, parts.count > 1 else {
      return text.count == parts[0].count && Self.holds(parts[0], text, at: 0)
    }
    var position = first.count
    let end = text.count - last.count
    guard position <= end, Self.holds(first, text, at: 0), Self.holds(last, text, at: end) else {
      return false
    }
    for part in parts[1..<(parts.count - 1)] {
      guard let found = Self.position(of: part, text, from: position, end: end) else { return false }
      position = found + part.count
    }
    return true
  }

  private static func position(
    of part: [UInt8], _ text: UnsafeBufferPointer<UInt8>, from start: Int, end: Int
  ) -> Int? {
    guard let letter = part.first else { return start }
    var position = start
    while position + part.count <= end {
      if small(text[position]) == letter && holds(part, text, at: position) { return position }
      position += 1
    }
    return nil
  }

  private static func holds(_ part: [UInt8], _ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    for index in part.indices where small(text[start + index]) != part[index] { return false }
    return true
  }

  /// A–Z as a–z.
  static func small(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }
}
