import AuditStore
import Auditing
import Foundation
import Imaging

/// A database made through the store, as an audit would have left it.
struct SampleAudit {
  let folder: TemporaryFolder
  var database: String { folder.path("audit.sqlite") }

  /// - large.jpg: 100 pixels, 0.25 wrong each; no region.
  /// - small.jpg: 12 pixels, 0.75 wrong each; one region.
  /// - doubtful.jpg: no errors expected, but the highest entropy and the lowest confidence.
  /// - broken.jpg: failed.
  init() throws {
    folder = try TemporaryFolder()
    let store = try AuditStore(path: database, access: .readWrite)
    let run = try store.beginRun(Self.description("first"))
    let audits: [(String, ImageAudit)] = [
      ("large.jpg", Self.uniform(error: 0.25, confidence: 0.75, entropy: 0.5, labels: [80, 20, 0])),
      ("small.jpg", Self.uniform(error: 0.75, confidence: 0.875, entropy: 0.25, labels: [0, 0, 12])),
      ("doubtful.jpg", Self.uniform(error: 0, confidence: 0.5, entropy: 1, labels: [0, 8, 2])),
    ]
    for (path, audit) in audits { try store.record(audit, path: path, contentSHA256: "00", run: run) }
    try store.recordFailure(path: "broken.jpg", reason: "broken.jpg: empty file", run: run)
  }

  /// Runs without images.
  init(runs: String...) throws {
    folder = try TemporaryFolder()
    let store = try AuditStore(path: database, access: .readWrite)
    for name in runs { _ = try store.beginRun(Self.description(name)) }
  }

  static func description(_ name: String) -> AuditRunDescription {
    AuditRunDescription(
      name: name, folder: "/images", modelPath: "/model.safetensors", modelSHA256: "aa", configuration: "{}",
      programVersion: "0.1.0",
      classes: [
        AuditClass(name: "road", red: 128, green: 64, blue: 128),
        AuditClass(name: "car", red: 0, green: 0, blue: 142),
        AuditClass(name: "tree", red: 107, green: 142, blue: 35),
      ])
  }

  /// One row of pixels, all alike; `labels` say how many of them each class has.
  static func uniform(error: Float, confidence: Float, entropy: Float, labels: [Int]) -> ImageAudit {
    let all = labels.enumerated().flatMap { [UInt8](repeating: UInt8($0), count: $1) }
    let filled = { (value: Float) in [Float](repeating: value, count: all.count) }
    return ImageAudit(
      PixelPrediction(
        width: all.count, height: 1, classCount: labels.count, labels: all, errorProbability: filled(error),
        confidence: filled(confidence), entropy: filled(entropy)), regions: .everyPixel)
  }

  /// 10×10 pixels of class 0, the first `wrongPixels` of which are known to be wrong.
  static func certain(wrongPixels: Int) -> ImageAudit {
    ImageAudit(
      PixelPrediction(
        width: 10, height: 10, classCount: 3, labels: [UInt8](repeating: 0, count: 100),
        errorProbability: (0..<100).map { $0 < wrongPixels ? 1 : 0 },
        confidence: [Float](repeating: 1, count: 100), entropy: [Float](repeating: 0, count: 100)),
      regions: .everyPixel)
  }

  /// Four images with 0, 10, 20 and 30 wrong pixels, all of them found; the masks are in `truth`.
  static func certain() throws -> SampleAudit {
    let audit = try SampleAudit(runs: "certain")
    let store = try AuditStore(path: audit.database, access: .readWrite)
    let run = try store.run(named: nil)
    for (index, wrongPixels) in [20, 0, 30, 10].enumerated() {
      let name = "street/image-\(index)"
      try store.record(certain(wrongPixels: wrongPixels), path: name + ".jpg", contentSHA256: "", run: run)
      try audit.writeMask((0..<100).map { $0 < wrongPixels ? 1 : 0 }, width: 10, height: 10, name: name)
    }
    return audit
  }

  func writeMask(_ labels: [UInt8], width: Int, height: Int, name: String) throws {
    try AtomicFile.write(
      PNGEncoder.encode(grey: labels, width: width, height: height), to: folder.url("truth/\(name).png"))
  }
}

extension RegionSettings {
  fileprivate static var everyPixel: RegionSettings {
    var settings = RegionSettings()
    settings.minimumAreaPixels = 1
    return settings
  }
}
