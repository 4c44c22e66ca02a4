import Foundation
import Imaging

/// A file that is written in pieces and appears whole or not at all.
package final class StreamedFile {
  private let url: URL
  private let temporary: URL
  private let descriptor: Int32
  private var isOpen = true
  private var buffer = Data()

  private static let bufferLimit = 1 << 16

  /// Missing folders are made.
  package init(_ url: URL) throws(ImageError) {
    self.url = url
    let folder = url.deletingLastPathComponent()
    temporary = folder.appendingPathComponent(
      ".\(url.lastPathComponent).\(UUID().uuidString.prefix(8)).partial")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ImageError(
        file: folder.path, reason: "no folder can be made there: \(error.localizedDescription)")
    }
    descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 {
      isOpen = false
      throw Self.failure(url)
    }
  }

  deinit {
    guard isOpen else { return }
    close(descriptor)
    unlink(temporary.path)
  }

  package func write(_ data: Data) throws(ImageError) {
    buffer.append(data)
    if buffer.count >= Self.bufferLimit { try flush() }
  }

  package func write(line: String) throws(ImageError) { try write(Data((line + "\n").utf8)) }

  /// Gives the file its name. Nothing can be written afterwards.
  package func finish() throws(ImageError) {
    try flush()
    guard fsync(descriptor) == 0, rename(temporary.path, url.path) == 0 else { throw Self.failure(url) }
    isOpen = false
    guard close(descriptor) == 0 else { throw Self.failure(url) }
  }

  private func flush() throws(ImageError) {
    let data = buffer
    buffer.removeAll(keepingCapacity: true)
    let isWritten = data.withUnsafeBytes { bytes in
      var offset = 0
      while let start = bytes.baseAddress, offset < bytes.count {
        let count = Foundation.write(descriptor, start + offset, bytes.count - offset)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return false }
        offset += count
      }
      return true
    }
    guard isWritten else { throw Self.failure(url) }
  }

  private static func failure(_ url: URL) -> ImageError {
    ImageError(file: url.path, reason: "cannot be written: \(String(cString: strerror(errno)))")
  }
}
