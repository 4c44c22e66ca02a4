import Auditing
import Foundation
import GRDB

extension AuditStore {
  /// The error probability of every pixel, row by row. *Range*: 0…255 for 0…1.
  ///
  /// - Throws: if the run did not keep it, or it is damaged.
  package func errorMap(of image: AuditedImage) throws(AuditStoreError) -> [UInt8] {
    let file = path
    return try read { db in
      let data = try Data.fetchOne(
        db.cachedStatement(sql: "SELECT data FROM maps WHERE image_id = ? AND kind = 'error'"),
        arguments: [image.id])
      guard let map = data.flatMap({ CompressedMap.decompress($0, count: image.width * image.height) }) else {
        throw AuditStoreError(
          file: file,
          reason:
            "image \(image.path) has no map of its error probability; audit the folder with --maps error or "
            + "all, and another --run")
      }
      return map
    }
  }
}
