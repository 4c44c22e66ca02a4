import Auditing

/// A class as a run knows it.
package struct AuditClass: Sendable, Equatable {
  package var name: String
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(name: String, red: UInt8, green: UInt8, blue: UInt8) {
    self.name = name
    self.red = red
    self.green = green
    self.blue = blue
  }
}

/// Which per-pixel maps a run keeps.
package enum KeptMaps: String, Sendable, CaseIterable {
  case none
  /// The error probability.
  case error
  /// Labels, error probability, confidence and entropy.
  case all
}

/// What an audit's results depend on.
package struct AuditRunDescription: Sendable, Equatable {
  package var name: String
  package var folder: String
  package var modelPath: String
  package var modelSHA256: String
  /// JSON.
  package var configuration: String
  package var programVersion: String
  package var classes: [AuditClass]
  package var maps: KeptMaps

  package init(
    name: String, folder: String, modelPath: String, modelSHA256: String, configuration: String,
    programVersion: String, classes: [AuditClass], maps: KeptMaps = .all
  ) {
    self.name = name
    self.folder = folder
    self.modelPath = modelPath
    self.modelSHA256 = modelSHA256
    self.configuration = configuration
    self.programVersion = programVersion
    self.classes = classes
    self.maps = maps
  }
}

/// A run in the database.
package struct AuditRun: Sendable, Equatable {
  package let id: Int64
  package let description: AuditRunDescription
  package let createdAt: String
  package let finishedAt: String?
}

/// An image as it goes into the database.
package struct NewImage: Sendable {
  package var audit: ImageAudit
  /// Below the run's folder.
  package var path: String
  /// Of all files that were judged.
  package var contentSHA256: String
  package var file: FileIdentity
  /// The maps as the database keeps them, where they were compressed ahead.
  private(set) var packedMaps: [MapRow]?

  package init(audit: ImageAudit, path: String, contentSHA256: String, file: FileIdentity) {
    self.audit = audit
    self.path = path
    self.contentSHA256 = contentSHA256
    self.file = file
  }

  /// Compresses the maps that the run keeps: it takes longer than the writing, and any thread can do it ahead.
  package mutating func pack(for run: AuditRun) {
    packedMaps = audit.maps.map { AuditStore.mapRows($0, of: run.description) }
  }
}

/// An audited image as the ranking shows it.
package struct AuditedImage: Sendable, Equatable {
  package let id: Int64
  package let path: String
  package let width: Int
  package let height: Int
  /// Of all files that were judged.
  package let contentSHA256: String
  /// Of the image file alone; `nil` where version 1 of the database did not note it.
  package let imageSHA256: String?
  package let statistics: ImageStatistics
  /// Expected wrong pixels of the worst region, 0 without one.
  package let worstRegionPixels: Double
  /// Of the worst region; `nil` without one, and where the images are not ranked by it. *Units*: pixels.
  package let worstRegionArea: Int?
  /// As `ImageAudit.balancedErrorRate`.
  package let balancedErrorRate: Double?
  /// `nil` where an older version of the program audited the image.
  package let regions: RegionTotals?
  /// The image of the run that this one repeats.
  package let original: Int64?
  /// Where a query asks for one class: its numbers in this image.
  package let ofClass: ClassStatistics?
}

/// An image's regions together.
package struct RegionTotals: Sendable, Equatable {
  package let count: Int
  /// *Units*: pixels.
  package let boundaryLength: Int
  package let expectedWrongPixels: Double
}

extension AuditedImage {
  /// The part of the path before its last slash; empty without one.
  package var folder: Substring { Self.folder(of: path) }

  static func folder(of path: String) -> Substring {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[..<$0] } ?? ""
  }

  /// What correcting the regions mends in a minute. *Units*: wrong pixels.
  package func gainPerMinute(_ cost: AnnotationCost) -> Double? {
    regions.map {
      60 * $0.expectedWrongPixels / cost.seconds(regions: $0.count, boundaryLength: $0.boundaryLength)
    }
  }

  /// What the image is ranked by; `nil` where the database does not know.
  package func value(for order: RankingOrder, cost: AnnotationCost) -> Double? {
    switch order {
    case .expectedErrorRate:
      ofClass.map { $0.expectedWrongPixels / Double($0.predictedPixels) } ?? statistics.meanErrorProbability
    case .expectedWrongPixels: ofClass?.expectedWrongPixels ?? statistics.expectedWrongPixels
    case .worstRegion: worstRegionPixels
    case .classBalanced: balancedErrorRate
    case .gainPerMinute: gainPerMinute(cost)
    case .entropy: statistics.meanEntropy
    case .margin: statistics.meanMargin
    case .confidence: statistics.meanConfidence
    }
  }
}

/// An image that could not be audited.
package struct FailedImage: Sendable, Equatable {
  package let path: String
  package let reason: String
}

/// Sums over a run, to 1/131072 of a pixel an image.
package struct RunTotals: Sendable, Equatable {
  package var imageCount: Int
  package var failedCount: Int
  package var pixelCount: Int
  package var expectedWrongPixels: Double

  package var expectedErrorRate: Double {
    pixelCount == 0 ? 0 : expectedWrongPixels / Double(pixelCount)
  }
}

/// One class over a run, to 1/131072 of a pixel an image.
package struct ClassTotals: Sendable, Equatable {
  package let name: String
  package let imageCount: Int
  package let predictedPixels: Int
  package let expectedWrongPixels: Double

  package var expectedErrorRate: Double {
    predictedPixels == 0 ? 0 : expectedWrongPixels / Double(predictedPixels)
  }
}
