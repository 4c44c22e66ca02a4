import Auditing
import Foundation
import GRDB

extension AuditStore {
  static func insert(_ embedding: [Float], image: Int64, _ db: Database) throws {
    let data = embedding.withUnsafeBytes { Data($0) }
    try db.cachedStatement(sql: "INSERT INTO embeddings (image_id, dimensions, data) VALUES (?, ?, ?)")
      .execute(arguments: [image, embedding.count, data])
  }

  /// What each of these images looks like to the network, one row an image, in their order.
  ///
  /// - Throws: if one has none, because an older version of the program audited it.
  package func embeddings(of images: [AuditedImage]) throws(AuditStoreError) -> [[Float]] {
    let file = path
    return try read { db in
      let statement = try db.makeStatement(sql: "SELECT data FROM embeddings WHERE image_id = ?")
      return try images.map { image in
        let rows = try Row.fetchCursor(statement, arguments: [image.id])
        guard let row = try rows.next() else {
          throw AuditStoreError(
            file: file,
            reason:
              "image \(image.path) has no embedding: it was audited by an older version of errata; audit the "
              + "folder again with another --run")
        }
        return try row.withUnsafeData(atIndex: 0) { data in
          [Float](unsafeUninitializedCapacity: (data?.count ?? 0) / 4) { buffer, count in
            count = buffer.count
            _ = data?.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
          }
        }
      }
    }
  }
}
