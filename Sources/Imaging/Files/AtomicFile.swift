import Foundation

/// Files that appear whole or not at all.
package enum AtomicFile {
  /// Writes beside `url` and renames; missing folders are made.
  package static func write(_ bytes: some Collection<UInt8>, to url: URL) throws(ImageError) {
    let folder = url.deletingLastPathComponent()
    let temporary = folder.appendingPathComponent(
      ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).partial")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(bytes).write(to: temporary)
      guard rename(temporary.path, url.path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw ImageError(file: url.path, reason: "cannot be written: \(error.localizedDescription)")
    }
  }
}
