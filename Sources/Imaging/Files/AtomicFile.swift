import Foundation

/// Files that appear whole or not at all.
package enum AtomicFile {
  /// Writes beside `url`, waits until the bytes are on the disk, and renames; missing folders are made.
  ///
  /// *Throws*: naming the file and the system's reason; what stood at `url` before is then untouched.
  package static func write(_ bytes: some Collection<UInt8>, to url: URL) throws(ImageError) {
    let folder = url.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ImageError(
        file: url.path, reason: "cannot be written: no folder \(folder.path) (\(error.localizedDescription))")
    }
    let temporary = folder.appendingPathComponent(
      ".\(url.lastPathComponent.prefix(200)).\(UUID().uuidString.prefix(8)).partial")
    var failure = writeAndSync(Data(bytes), to: temporary.path)
    if failure == 0 && rename(temporary.path, url.path) != 0 { failure = errno }
    guard failure == 0 else {
      unlink(temporary.path)
      throw ImageError(file: url.path, reason: "cannot be written: \(String(cString: strerror(failure)))")
    }
    syncFolder(folder.path)
  }

  /// The `errno` of the first failure, or 0.
  private static func writeAndSync(_ data: Data, to path: String) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return errno }
    var failure: Int32 = data.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let result = pwrite(descriptor, buffer.baseAddress! + offset, buffer.count - offset, offset)
        if result < 0 && errno == EINTR { continue }
        if result <= 0 { return result < 0 ? errno : EIO }
        offset += result
      }
      return 0
    }
    if failure == 0 && fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0 && failure == 0 { failure = errno }
    return failure
  }

  /// Makes the new name durable; file systems that can't are left to their own.
  private static func syncFolder(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
