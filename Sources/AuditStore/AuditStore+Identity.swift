import Auditing
import Foundation
import GRDB

/// How the file of an image is known again.
package struct FileIdentity: Sendable, Equatable {
  /// Of the image file alone.
  package var imageSHA256: String?
  package var perceptualHash: PerceptualHash?
  /// Sizes and times of change: where they are as before, the files need not be read.
  package var stamp: String?

  package init(imageSHA256: String? = nil, perceptualHash: PerceptualHash? = nil, stamp: String? = nil) {
    self.imageSHA256 = imageSHA256
    self.perceptualHash = perceptualHash
    self.stamp = stamp
  }

  /// What SQLite keeps of the hash: its 64 bits as a signed number.
  var hashBits: Int64? { perceptualHash.map { Int64(bitPattern: $0.bits) } }
}

extension AuditStore {
  /// The audited images of a run, by path, with the stamps of their files; failed ones are not among them.
  package func stamps(_ run: AuditRun) throws(AuditStoreError) -> [String: String?] {
    try read { db in
      var stamps: [String: String?] = [:]
      let rows = try Row.fetchCursor(
        db, sql: "SELECT path, file_stamp FROM images WHERE run_id = ? AND status = 'done'",
        arguments: [run.id])
      while let row = try rows.next() { stamps.updateValue(row[1], forKey: row[0]) }
      return stamps
    }
  }

  /// The content of audited images, by path.
  package func contents(_ run: AuditRun, of paths: [String]) throws(AuditStoreError) -> [String: String] {
    try read { db in
      let statement = try db.makeStatement(
        sql: "SELECT content_sha256 FROM images WHERE run_id = ? AND path = ? AND status = 'done'")
      var contents: [String: String] = [:]
      for path in paths {
        contents[path] = try String.fetchOne(statement, arguments: [run.id, path])
      }
      return contents
    }
  }

  /// Whether an image of this path and content is in the run.
  package func isAudited(
    path imagePath: String, contentSHA256: String, run: AuditRun
  ) throws(AuditStoreError) -> Bool {
    try contents(run, of: [imagePath])[imagePath] == contentSHA256
  }

  /// Notes that an audited image's files were read again and are the same.
  package func confirm(path imagePath: String, file: FileIdentity, run: AuditRun) throws(AuditStoreError) {
    try write { db in
      let marking = DuplicateMarking(db: db, run: run.id)
      guard let old = try marking.look(path: imagePath) else { return }
      let touched = try marking.later(than: imagePath, like: old).map(\.id)
      try db.execute(
        sql: """
          UPDATE images SET file_stamp = ?, image_sha256 = ?, perceptual_hash = ? WHERE run_id = ? AND path = ?
          """, arguments: [file.stamp, file.imageSHA256, file.hashBits, run.id, imagePath])
      try marking.settle(Set(touched).union([old.id]))
    }
  }

  /// Gives an image whose files were renamed its new path. Where another process has written the new path already,
  /// nothing changes.
  package func rename(
    from oldPath: String, to newPath: String, file: FileIdentity, run: AuditRun
  ) throws(AuditStoreError) {
    try write { db in
      let marking = DuplicateMarking(db: db, run: run.id)
      guard let old = try marking.look(path: oldPath) else { return }
      let status = try String.fetchOne(
        db, sql: "SELECT status FROM images WHERE run_id = ? AND path = ?", arguments: [run.id, newPath])
      guard status != "done" else { return }
      try db.execute(
        sql: "DELETE FROM images WHERE run_id = ? AND path = ?", arguments: [run.id, newPath])
      let isEarlier = newPath.utf8.lexicographicallyPrecedes(oldPath.utf8)
      let touched = try marking.later(than: isEarlier ? newPath : oldPath, like: old).map(\.id)
      try db.execute(
        sql: "UPDATE images SET path = ?, file_stamp = ?, image_sha256 = ?, perceptual_hash = ? WHERE id = ?",
        arguments: [newPath, file.stamp, file.imageSHA256, file.hashBits, old.id])
      try Self.note(.renamed, oldPath, image: old.id, run: run.id, db)
      try marking.settle(Set(touched).union([old.id]))
    }
  }
}
