import Foundation

/// Keeps a second program out of a folder; the system frees it when the first ends, however it ends.
final class FolderLock {
  private let descriptor: Int32

  /// `nil` while another process holds the lock.
  init?(_ folder: URL) {
    descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }
}
