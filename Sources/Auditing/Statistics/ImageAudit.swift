/// All that an audit finds out about one image.
package struct ImageAudit: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let statistics: ImageStatistics
  package let classes: [ClassStatistics]
  package let regions: [ErrorRegion]
  /// `nil` where nobody keeps them.
  package let maps: PixelMaps?
  /// As `PixelPrediction.embedding`.
  package let embedding: [Float]?

  package init(
    width: Int, height: Int, statistics: ImageStatistics, classes: [ClassStatistics], regions: [ErrorRegion],
    maps: PixelMaps?, embedding: [Float]? = nil
  ) {
    self.width = width
    self.height = height
    self.statistics = statistics
    self.classes = classes
    self.regions = regions
    self.maps = maps
    self.embedding = embedding
  }

  package init(_ prediction: PixelPrediction, regions settings: RegionSettings) {
    width = prediction.width
    height = prediction.height
    statistics = ImageStatistics(prediction)
    classes = ClassStatistics.all(in: prediction)
    regions = ErrorRegion.find(in: prediction, settings: settings)
    maps = PixelMaps(prediction)
    embedding = prediction.embedding
  }

  /// A class that covers less than this share of the image has no say in `balancedErrorRate`: a few pixels at the rim of
  /// something else are no class.
  package static let smallestClassShare = 0.001

  /// The mean over the classes predicted in the image of the expected error rate in each: a small class counts as much
  /// as a large one. *Range*: 0…1, more is worse.
  package var balancedErrorRate: Double {
    let pixels = Double(width * height)
    let rates = classes.filter { Double($0.predictedPixels) >= Self.smallestClassShare * pixels }.map {
      $0.expectedWrongPixels / Double($0.predictedPixels)
    }
    return rates.isEmpty ? 0 : rates.reduce(0, +) / Double(rates.count)
  }

  /// Of all regions together. *Units*: pixels.
  package var regionBoundaryLength: Int { regions.reduce(0) { $0 + $1.boundaryLength } }

  /// Of all regions together. *Units*: pixels.
  package var regionWrongPixels: Double { regions.reduce(0) { $0 + $1.expectedWrongPixels } }
}
