import Auditing
import Foundation

/// A run as one JSON object, made piece by piece: no more than one image is in memory.
///
///     {"classes": […], "failedImages": […], "format": "errata-audit", "run": {…}, "totals": {…}, "version": 1,
///     "images": [
///     {…},
///     {…}
///     ]}
///
/// Lines below `images` hold one image each, which line-based programs can read.
package enum AuditDocument {
  package struct Run: Encodable, Sendable {
    package let name: String
    package let folder: String
    package let modelPath: String
    package let modelSHA256: String
    package let programVersion: String
    package let createdAt: String
    /// `nil` while images remain.
    package let finishedAt: String?
    /// JSON text, as in the database.
    package let configuration: String

    package init(
      name: String, folder: String, modelPath: String, modelSHA256: String, programVersion: String,
      createdAt: String, finishedAt: String?, configuration: String
    ) {
      self.name = name
      self.folder = folder
      self.modelPath = modelPath
      self.modelSHA256 = modelSHA256
      self.programVersion = programVersion
      self.createdAt = createdAt
      self.finishedAt = finishedAt
      self.configuration = configuration
    }
  }

  /// Over all images of the run, also where fewer are exported.
  package struct Totals: Encodable, Sendable {
    package let imageCount: Int
    package let failedCount: Int
    package let pixelCount: Int
    package let expectedWrongPixels: Double
    package let expectedErrorRate: Double
    /// Pixels by error probability, in bins of equal width over 0…1.
    package let histogram: [Int]

    package init(
      imageCount: Int, failedCount: Int, pixelCount: Int, expectedWrongPixels: Double,
      expectedErrorRate: Double, histogram: [Int]
    ) {
      self.imageCount = imageCount
      self.failedCount = failedCount
      self.pixelCount = pixelCount
      self.expectedWrongPixels = expectedWrongPixels
      self.expectedErrorRate = expectedErrorRate
      self.histogram = histogram
    }
  }

  package struct Failure: Encodable, Sendable {
    package let path: String
    package let reason: String

    package init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }

  /// Everything before the first image.
  package struct Head: Encodable, Sendable {
    let format = "errata-audit"
    let version = 1
    let run: Run
    let totals: Totals
    let classes: [ClassRecord]
    let failedImages: [Failure]

    package init(run: Run, totals: Totals, classes: [ClassRecord], failedImages: [Failure]) {
      self.run = run
      self.totals = totals
      self.classes = classes
      self.failedImages = failedImages
    }
  }

  /// `head`'s object, left open for the images.
  package static func opening(_ head: Head) throws -> Data {
    var data = try encoder().encode(head)
    data.removeLast()
    return data + Data(",\n\"images\":[".utf8)
  }

  /// One image, with the comma that separates it from the one before.
  package static func image(
    _ record: ImageRecord, contentSHA256: String, classes: [ImageClassRecord], regions: [RegionRecord]
  ) throws -> Data {
    let image = Image(record: record, contentSHA256: contentSHA256, classes: classes, regions: regions)
    return Data((record.position == 1 ? "\n" : ",\n").utf8) + (try encoder().encode(image))
  }

  package static let closing = Data("\n]}\n".utf8)

  private static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}

/// `ImageRecord`'s keys and the details beside them.
private struct Image: Encodable {
  let record: ImageRecord
  let contentSHA256: String
  let classes: [ImageClassRecord]
  let regions: [RegionRecord]

  enum CodingKeys: CodingKey { case contentSHA256, classes, regions }

  func encode(to encoder: any Encoder) throws {
    try record.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(contentSHA256, forKey: .contentSHA256)
    try container.encode(classes, forKey: .classes)
    try container.encode(regions, forKey: .regions)
  }
}
