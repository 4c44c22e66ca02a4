/// The bytes of a protocol-buffer message, field by field.
///
/// *Source*: protobuf.dev, "Encoding".
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case varint = 0
    case eightBytes = 1
    case lengthDelimited = 2
    case fourBytes = 5
  }

  mutating func add(_ field: Int, _ value: Int) {
    addTag(field, .varint)
    addVarint(UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: Int, _ value: Double) {
    addTag(field, .eightBytes)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func add(_ field: Int, _ value: Float) {
    addTag(field, .fourBytes)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func add(_ field: Int, _ text: String) { addBytes(field, Array(text.utf8)) }

  mutating func add(_ field: Int, _ message: ProtobufMessage) { addBytes(field, message.bytes) }

  private mutating func addBytes(_ field: Int, _ content: [UInt8]) {
    addTag(field, .lengthDelimited)
    addVarint(UInt64(content.count))
    bytes += content
  }

  private mutating func addTag(_ field: Int, _ type: WireType) {
    addVarint(UInt64(field) << 3 | type.rawValue)
  }

  private mutating func addVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
