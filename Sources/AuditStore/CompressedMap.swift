import CZlib
import Foundation

/// One byte a pixel, compressed with zlib.
enum CompressedMap {
  /// Fast, and within a few per cent of the smallest for these maps.
  private static let level: Int32 = 3

  static func compress(_ bytes: [UInt8]) -> Data {
    var count = compressBound(uLong(bytes.count))
    var out = Data(count: Int(count))
    let status = out.withUnsafeMutableBytes { target in
      compress2(
        target.bindMemory(to: UInt8.self).baseAddress, &count, bytes, uLong(bytes.count), level)
    }
    // The buffer is large enough by contract; what remains is memory.
    precondition(status == Z_OK, "zlib failed with \(status)")
    return out.prefix(Int(count))
  }

  /// `nil` unless the data unpack to exactly `count` bytes.
  static func decompress(_ data: Data, count: Int) -> [UInt8]? {
    var out = [UInt8](repeating: 0, count: count)
    var length = uLong(count)
    let status = data.withUnsafeBytes { source in
      uncompress(&out, &length, source.bindMemory(to: UInt8.self).baseAddress, uLong(data.count))
    }
    return status == Z_OK && Int(length) == count ? out : nil
  }

  /// As above where the number of pixels is not known; `nil` for what zlib has not written, and beyond 2²⁸ bytes.
  static func decompress(_ data: Data) -> [UInt8]? {
    var capacity = max(4096, 16 * data.count)
    while capacity <= 1 << 28 {
      var out = [UInt8](repeating: 0, count: capacity)
      var length = uLong(capacity)
      let status = data.withUnsafeBytes { source in
        uncompress(&out, &length, source.bindMemory(to: UInt8.self).baseAddress, uLong(data.count))
      }
      if status == Z_OK { return Array(out.prefix(Int(length))) }
      guard status == Z_BUF_ERROR else { return nil }
      capacity *= 4
    }
    return nil
  }
}
