import AuditStore
import Auditing
import Foundation
import GRDB

/// A database file of its own, removed with its companions when the test is over.
final class SampleDatabase {
  let folder: URL
  var path: String { folder.appendingPathComponent("audit.sqlite").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("audit-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func open(_ access: AuditStore.Access = .readWrite) throws -> AuditStore {
    try AuditStore(path: path, access: access)
  }

  /// Past the store: as another program would.
  func raw<Value>(_ body: (Database) throws -> Value) throws -> Value {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.writeWithoutTransaction(body)
  }

  func count(_ table: String) throws -> Int {
    try raw { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
  }

  /// Why `body` failed; empty if it did not.
  static func reason(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }
}

extension AuditRunDescription {
  static func sample(_ name: String = "first", model: String = "aa", configuration: String = "{}") -> Self {
    AuditRunDescription(
      name: name, folder: "/images", modelPath: "/models/model.safetensors", modelSHA256: model,
      configuration: configuration, programVersion: "0.1.0",
      classes: [
        AuditClass(name: "road", red: 128, green: 64, blue: 128),
        AuditClass(name: "car", red: 0, green: 0, blue: 142),
        AuditClass(name: "tree", red: 107, green: 142, blue: 35),
      ])
  }
}

extension ImageAudit {
  /// An image whose numbers all depend on `seed`.
  static func sample(seed: Int, width: Int = 12, height: Int = 9) -> ImageAudit {
    let pixels = 0..<width * height
    let errors = pixels.map { Float(($0 * 31 + seed * 17) % 101) / 100 }
    var settings = RegionSettings()
    settings.minimumAreaPixels = 1
    return ImageAudit(
      PixelPrediction(
        width: width, height: height, classCount: 3, labels: pixels.map { UInt8(($0 / 5 + seed) % 3) },
        errorProbability: errors, confidence: pixels.map { Float(($0 * 7 + seed) % 67 + 33) / 100 },
        entropy: pixels.map { Float(($0 * 3 + seed) % 109) / 100 }), regions: settings)
  }

  /// Every pixel alike; `labels` say how many pixels each class has.
  static func uniform(error: Float, confidence: Float = 1, entropy: Float = 0, labels: [Int]) -> ImageAudit {
    let all = labels.enumerated().flatMap { [UInt8](repeating: UInt8($0), count: $1) }
    let filled = { (value: Float) in [Float](repeating: value, count: all.count) }
    var settings = RegionSettings()
    settings.minimumAreaPixels = 1
    return ImageAudit(
      PixelPrediction(
        width: all.count, height: 1, classCount: labels.count, labels: all, errorProbability: filled(error),
        confidence: filled(confidence), entropy: filled(entropy)), regions: settings)
  }
}
