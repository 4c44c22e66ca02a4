import Foundation

/// Reading a file's bytes once, with errors that say what is wrong with it.
package enum FileBytes {
  /// How much is read to recognise an image and find its size; headers with large profiles need the whole
  /// file.
  static let headerCount = 65_536

  /// The whole file, or its first `limit` bytes.
  ///
  /// Nothing beyond the first bytes is read of a file that is neither PNG nor JPEG.
  package static func read(_ url: URL, limit: Int = .max) throws(ImageError) -> [UInt8] {
    let file = url.path
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(file, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(file, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ImageError(
        file: file, reason: "cannot be read: expected a regular file, found a folder or device")
    }
    let size = min(Int(status.st_size), limit)
    let head = try read(descriptor, from: 0, count: min(size, headerCount), file: file)
    guard size > head.count else { return head }
    _ = try EncodedImage.format(of: head, name: file)
    return try head + read(descriptor, from: head.count, count: size - head.count, file: file)
  }

  private static func read(
    _ descriptor: Int32, from start: Int, count: Int, file: String
  ) throws(ImageError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let result = pread(descriptor, base + filled, count - filled, start + filled)
        if result < 0 && errno == EINTR { continue }
        if result < 0 { failure = errno }
        if result <= 0 { break }
        filled += result
      }
    }
    guard failure == 0 else { throw unreadable(file, failure) }
    return bytes
  }

  private static func unreadable(_ file: String, _ code: Int32) -> ImageError {
    ImageError(file: file, reason: "cannot be read: \(String(cString: strerror(code)))")
  }
}
