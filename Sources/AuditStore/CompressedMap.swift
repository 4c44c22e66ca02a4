import CZlib
import Foundation

/// One byte a pixel, compressed with zlib.
///
/// Behind the stream, where zlib's programs do not look, stand width and height in four bytes each, the highest first;
/// maps of version 1 of the database lack them.
struct CompressedMap {
  let bytes: [UInt8]
  /// `nil` where the map does not say.
  let width: Int?

  /// On maps of CamVid 4 per cent smaller than level 3 in the same time, 3 per cent larger than level 6 in half of it.
  private static let level: Int32 = 4
  private static let sizeCount = 8

  static func compress(_ bytes: [UInt8], width: Int, height: Int) -> Data {
    var count = compressBound(uLong(bytes.count))
    var out = Data(count: Int(count))
    let status = out.withUnsafeMutableBytes { target in
      compress2(
        target.bindMemory(to: UInt8.self).baseAddress, &count, bytes, uLong(bytes.count), level)
    }
    // The buffer is large enough by contract; what remains is memory.
    precondition(status == Z_OK, "zlib failed with \(status)")
    out = out.prefix(Int(count))
    for side in [width, height] {
      withUnsafeBytes(of: UInt32(side).bigEndian) { out.append(contentsOf: $0) }
    }
    return out
  }

  /// `nil` unless the data unpack to exactly `count` bytes.
  static func decompress(_ data: Data, count: Int) -> [UInt8]? {
    unpack(data, capacity: count).flatMap { $0.status == Z_OK && $0.bytes.count == count ? $0.bytes : nil }
  }

  /// Where the number of pixels is not known; `nil` for what zlib has not written, and beyond 2²⁸ bytes.
  init?(_ data: Data) {
    var capacity = max(4096, 16 * data.count)
    while capacity <= 1 << 28 {
      guard let (status, bytes, used) = Self.unpack(data, capacity: capacity) else { return nil }
      if status == Z_OK {
        self.bytes = bytes
        width = Self.width(data.dropFirst(used), pixels: bytes.count)
        return
      }
      guard status == Z_BUF_ERROR else { return nil }
      capacity *= 4
    }
    return nil
  }

  /// `nil` without any data.
  private static func unpack(_ data: Data, capacity: Int) -> (status: Int32, bytes: [UInt8], used: Int)? {
    guard !data.isEmpty else { return nil }
    var length = uLong(capacity)
    var used = uLong(data.count)
    var status: Int32 = Z_OK
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { target, filled in
      status = data.withUnsafeBytes { source in
        uncompress2(
          target.baseAddress, &length, source.bindMemory(to: UInt8.self).baseAddress, &used)
      }
      filled = status == Z_OK ? Int(length) : 0
    }
    return (status, bytes, Int(used))
  }

  private static func width(_ trailer: Data, pixels: Int) -> Int? {
    guard trailer.count == sizeCount else { return nil }
    let size = trailer.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let (width, height) = (Int(size >> 32), Int(size & 0xFFFF_FFFF))
    return width > 0 && pixels / width == height && width * height == pixels ? width : nil
  }
}
