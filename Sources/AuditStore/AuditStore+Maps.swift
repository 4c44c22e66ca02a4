import Auditing
import Foundation
import GRDB

extension AuditStore {
  /// The per-pixel maps of an image.
  ///
  /// - Throws: if the run did not keep all of them, or one is missing or damaged.
  package func maps(of image: AuditedImage) throws(AuditStoreError) -> PixelMaps {
    let path = path
    return try read { db in
      var maps: [String: [UInt8]] = [:]
      for row in try Row.fetchAll(
        db, sql: "SELECT kind, data FROM maps WHERE image_id = ?", arguments: [image.id])
      {
        maps[row["kind"]] = CompressedMap.decompress(row["data"], count: image.width * image.height)
      }
      guard let labels = maps["label"], let error = maps["error"], let confidence = maps["confidence"],
        let entropy = maps["entropy"]
      else {
        let reason = try Self.reasonForMissingMaps(image, db)
        throw AuditStoreError(file: path, reason: reason)
      }
      return PixelMaps(
        width: image.width, height: image.height, labels: labels, errorProbability: error,
        confidence: confidence, entropy: entropy)
    }
  }

  private static func reasonForMissingMaps(_ image: AuditedImage, _ db: Database) throws -> String {
    let run = try Row.fetchOne(
      db, sql: "SELECT name, maps FROM runs WHERE id = (SELECT run_id FROM images WHERE id = ?)",
      arguments: [image.id])
    if let run, let kept = KeptMaps(rawValue: run["maps"]), kept != .all {
      let name: String = run["name"]
      return Self.mapsNotKept(run: name, kept: kept)
    }
    return "the maps of image \(image.path) are missing or damaged"
  }

  private static func mapsNotKept(run name: String, kept: KeptMaps) -> String {
    "run '\(name)' was audited with --maps \(kept.rawValue), and this needs the per-pixel maps; audit the folder "
      + "again with --maps all and another --run"
  }

  /// - Throws: unless the run keeps all maps; the text says how to get them.
  package func requireMaps(of run: AuditRun) throws(AuditStoreError) {
    guard run.description.maps == .all else {
      throw AuditStoreError(
        file: path, reason: Self.mapsNotKept(run: run.description.name, kept: run.description.maps))
    }
  }

  /// The rows of an image's maps. Compressing takes longer than writing: it is done before a transaction begins.
  static func mapRows(_ maps: PixelMaps, of run: AuditRunDescription) -> [MapRow] {
    func row(_ kind: String, _ scale: Double, _ bytes: [UInt8]) -> MapRow {
      MapRow(
        kind: kind, fullScale: scale,
        data: CompressedMap.compress(bytes, width: maps.width, height: maps.height))
    }
    switch run.maps {
    case .none: return []
    case .error: return [row("error", 1, maps.errorProbability)]
    case .all:
      return [
        row("label", 255, maps.labels), row("error", 1, maps.errorProbability),
        row("confidence", 1, maps.confidence),
        row("entropy", log(Double(max(2, run.classes.count))), maps.entropy),
      ]
    }
  }
}

/// What the table `maps` says of one map.
struct MapRow: Sendable {
  let kind: String
  /// What a byte of 255 stands for.
  let fullScale: Double
  let data: Data
}
