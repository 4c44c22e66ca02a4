/// CRC-32 as ZIP has it (polynomial 0xEDB88320, reflected), eight bytes at a time.
///
/// *Source*: Kounavis, Berry, "A systematic approach to building high performance software-based CRC generators",
/// ISCC 2005 (slicing by 8).
enum CyclicRedundancyCheck {
  /// tables[k][b]: the check of byte b followed by k zero bytes. One array of 8 × 256.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<8 * 256 {
      let previous = tables[index - 256]
      tables[index] = previous >> 8 ^ tables[Int(previous & 255)]
    }
    return tables
  }()

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var check: UInt32 = 0xFFFF_FFFF
      var index = 0
      while index + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let mixed = word ^ UInt64(check)
        check = 0
        for lane in 0..<8 { check ^= tables[(7 - lane) * 256 + Int(mixed >> UInt64(8 * lane) & 255)] }
        index += 8
      }
      while index < bytes.count {
        check = check >> 8 ^ tables[Int((check ^ UInt32(bytes[index])) & 255)]
        index += 1
      }
      return ~check
    }
  }
}
