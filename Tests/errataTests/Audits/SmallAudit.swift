import AuditStore
import Foundation

/// A folder with a small model, where images are audited by the built program.
struct SmallAudit {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallModel.write(to: folder.url("model.safetensors"))
  }

  func arguments(_ more: [String] = [], database: String = "audit.sqlite") -> [String] {
    [
      "audit", folder.path("images"), "--model", folder.path("model.safetensors"), "--database",
      folder.path(database),
    ] + more
  }

  /// The audited images of the latest run, or of the one named, by path.
  func images(_ database: String = "audit.sqlite", run: String? = nil) throws -> [AuditedImage] {
    let store = try AuditStore(path: folder.path(database), access: .readOnly)
    return try store.rankedImages(store.run(named: run), RankingQuery()).sorted { $0.path < $1.path }
  }

  func contents(_ database: String = "audit.sqlite", run: String? = nil) throws -> AuditContents {
    try AuditContents(folder.path(database), run: run)
  }

  /// Until a run holds so many images, or the program has ended.
  func wait(forImages count: Int, of command: RunningCommand) {
    while command.process.isRunning {
      if let found = try? images().count, found >= count { return }
      usleep(2000)
    }
  }
}
