import Foundation

/// JSON as a safetensors header needs it: the order of members and duplicate keys are seen, depth is limited.
///
/// Foundation's parser keeps neither; a file with two entries of one name must be refused.
enum StrictJSON: Sendable {
  case object([(key: String, value: StrictJSON)])
  case array([StrictJSON])
  case string(String)
  case number(Int)

  struct ParseError: Error, CustomStringConvertible {
    let offset: Int
    let expected: String
    var description: String { "expected \(expected) at byte \(offset)" }
  }

  static func parse(_ data: Data) throws(ParseError) -> StrictJSON {
    var parser = Parser(bytes: [UInt8](data))
    let value = try parser.value(depth: 0)
    try parser.end()
    return value
  }

  /// The elements of an array of numbers from 0 up.
  var naturalNumbers: [Int]? {
    guard case .array(let elements) = self else { return nil }
    var numbers: [Int] = []
    for element in elements {
      guard case .number(let number) = element, number >= 0 else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  private struct Parser {
    let bytes: [UInt8]
    var position = 0

    mutating func value(depth: Int) throws(ParseError) -> StrictJSON {
      guard depth < 8 else { throw fail("at most 8 levels") }
      skipSpace()
      switch peek {
      case UInt8(ascii: "{"): return try object(depth: depth)
      case UInt8(ascii: "["): return try array(depth: depth)
      case UInt8(ascii: "\""): return .string(try string())
      default: return .number(try number())
      }
    }

    mutating func end() throws(ParseError) {
      skipSpace()
      guard position == bytes.count else { throw fail("the end") }
    }

    private mutating func object(depth: Int) throws(ParseError) -> StrictJSON {
      position += 1
      var members: [(key: String, value: StrictJSON)] = []
      var seen: Set<String> = []
      skipSpace()
      if take("}") { return .object(members) }
      repeat {
        skipSpace()
        let key = try string()
        guard seen.insert(key).inserted else { throw fail("a key other than '\(key)' again") }
        skipSpace()
        guard take(":") else { throw fail("':'") }
        members.append((key, try value(depth: depth + 1)))
        skipSpace()
      } while take(",")
      guard take("}") else { throw fail("',' or '}'") }
      return .object(members)
    }

    private mutating func array(depth: Int) throws(ParseError) -> StrictJSON {
      position += 1
      var elements: [StrictJSON] = []
      skipSpace()
      if take("]") { return .array(elements) }
      repeat {
        elements.append(try value(depth: depth + 1))
        skipSpace()
      } while take(",")
      guard take("]") else { throw fail("',' or ']'") }
      return .array(elements)
    }

    /// Strings with escapes are handed to Foundation one by one.
    private mutating func string() throws(ParseError) -> String {
      guard peek == UInt8(ascii: "\"") else { throw fail("a string") }
      let start = position
      position += 1
      while let byte = peek, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
      guard position < bytes.count else { throw fail("the end of a string") }
      position += 1
      let literal = Data(bytes[start..<position])
      guard let text = try? JSONDecoder().decode(String.self, from: literal) else {
        throw fail("a valid string")
      }
      return text
    }

    private mutating func number() throws(ParseError) -> Int {
      let start = position
      while let byte = peek, byte == UInt8(ascii: "-") || (48...57).contains(byte) { position += 1 }
      guard let number = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
        throw fail("a whole number")
      }
      return number
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard peek == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    private mutating func skipSpace() {
      while let byte = peek, byte == 32 || byte == 9 || byte == 10 || byte == 13 { position += 1 }
    }

    private func fail(_ expected: String) -> ParseError { ParseError(offset: position, expected: expected) }
  }
}
