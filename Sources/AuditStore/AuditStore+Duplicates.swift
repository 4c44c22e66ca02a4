import Auditing
import Foundation
import GRDB

/// Marks the images of a run that repeat others.
///
/// The rule: in the order of their paths (bytewise), an image is a duplicate if an earlier one that is no duplicate
/// itself has the same file content, or a perceptual hash within `PerceptualHash.nearDistance`; the first such is its
/// original. The marks depend on the images alone, not on the order in which they were written; and for every
/// duplicate that is left out of a ranking one remains that looks like it.
///
/// - Complexity: for an image that comes last in the order, as in an audit, one lookup in each band of the hash.
struct DuplicateMarking {
  /// What decides on an image.
  struct Look {
    let id: Int64
    let path: String
    let imageSHA256: String?
    let hash: PerceptualHash?
    let original: Int64?
  }

  let db: Database
  let run: Int64

  /// The band of a hash as an expression over images, word for word as in the index.
  private static let bands: [(expression: String, shift: Int, mask: Int64)] = [
    ("perceptual_hash & 8191", 0, 8191), ("perceptual_hash >> 13 & 8191", 13, 8191),
    ("perceptual_hash >> 26 & 8191", 26, 8191), ("perceptual_hash >> 39 & 8191", 39, 8191),
    ("perceptual_hash >> 52 & 4095", 52, 4095),
  ]

  func look(path: String) throws -> Look? {
    try looks("run_id = ? AND path = ?", [run, path]).first
  }

  /// The images that look like this one and come after `path`.
  func later(than path: String, like look: Look) throws -> [Look] {
    guard
      try Bool.fetchOne(
        cached("SELECT ? < (SELECT max(path) FROM images WHERE run_id = ?)"),
        arguments: [path, run]) == true
    else { return [] }
    let near = try similar(to: look, onlyOriginals: false)
    return near.isEmpty
      ? [] : try looks("id IN (SELECT value FROM json_each(?)) AND path > ?", [json(near), path])
  }

  /// Applies the rule to these images, which are new or have changed, and to all that this touches.
  func settle(_ changed: Set<Int64>) throws {
    let looks = try looks("id IN (SELECT value FROM json_each(?))", [json(changed)])
    var pending = Dictionary(uniqueKeysWithValues: looks.map { ($0.id, $0) })
    // What an image decides, it decides for later ones only: each is done once, in order.
    while let next = pending.values.min(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
      pending[next.id] = nil
      let original = try firstOriginal(of: next)
      if original != next.original {
        try cached("UPDATE images SET duplicate_of = ? WHERE id = ?").execute(arguments: [original, next.id])
      }
      let isOriginal = original == nil
      guard isOriginal != (next.original == nil) || (isOriginal && changed.contains(next.id)) else {
        continue
      }
      for look in try later(than: next.path, like: next) { pending[look.id] = look }
    }
  }

  private func firstOriginal(of look: Look) throws -> Int64? {
    let near = try similar(to: look, onlyOriginals: true)
    guard !near.isEmpty else { return nil }
    return try Int64.fetchOne(
      cached("SELECT id FROM images WHERE id IN (SELECT value FROM json_each(?)) AND path < ? ORDER BY path"),
      arguments: [json(near), look.path])
  }

  /// The other images of the run with the same content or a near hash.
  private func similar(to look: Look, onlyOriginals: Bool) throws -> Set<Int64> {
    let filter = onlyOriginals ? " AND duplicate_of IS NULL" : ""
    var found: Set<Int64> = []
    if let sha = look.imageSHA256 {
      let same = try Int64.fetchCursor(
        cached("SELECT id FROM images WHERE run_id = ? AND image_sha256 = ?" + filter), arguments: [run, sha])
      while let id = try same.next() { found.insert(id) }
    }
    if let hash = look.hash {
      let bits = Int64(bitPattern: hash.bits)
      for band in Self.bands {
        let rows = try Row.fetchCursor(
          cached(
            "SELECT id, perceptual_hash FROM images WHERE run_id = ? AND perceptual_hash IS NOT NULL "
              + "AND (\(band.expression)) = ?" + filter),
          arguments: [run, bits >> band.shift & band.mask])
        while let row = try rows.next() {
          let other: Int64 = row[1]
          if (bits ^ other).nonzeroBitCount <= PerceptualHash.nearDistance { found.insert(row[0]) }
        }
      }
    }
    found.remove(look.id)
    return found
  }

  private func looks(_ condition: String, _ arguments: StatementArguments) throws -> [Look] {
    try Row.fetchAll(
      cached(
        "SELECT id, path, image_sha256, perceptual_hash, duplicate_of FROM images WHERE \(condition)"),
      arguments: arguments
    ).map { row in
      let hash: Int64? = row[3]
      return Look(
        id: row[0], path: row[1], imageSHA256: row[2],
        hash: hash.map { PerceptualHash(bits: UInt64(bitPattern: $0)) }, original: row[4])
    }
  }

  private func cached(_ sql: String) throws -> Statement { try db.cachedStatement(sql: sql) }

  private func json(_ ids: Set<Int64>) -> String { "[" + ids.map(String.init).joined(separator: ",") + "]" }
}
