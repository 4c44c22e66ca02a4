/// CRC-32C (Castagnoli: polynomial 0x82F63B78, reflected), masked as in TFRecord files so that the check of data which
/// hold checks is not weakened.
enum MaskedChecksum {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  static func castagnoli(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF as UInt32) { check, byte in
      check >> 8 ^ table[Int((check ^ UInt32(byte)) & 255)]
    }
  }

  static func of(_ bytes: [UInt8]) -> UInt32 {
    let check = castagnoli(bytes)
    return (check >> 15 | check << 17) &+ 0xA282_EAD8
  }
}
