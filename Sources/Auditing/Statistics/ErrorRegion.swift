/// A connected area whose labels are probably wrong.
package struct ErrorRegion: Sendable, Equatable {
  /// Where the errors of a region lie.
  package enum Placement: String, Sendable {
    /// At least half of its pixels are within `RegionSettings.boundaryDistance` of a pixel of another label: the
    /// outline between two classes is off.
    case boundary
    /// Otherwise: a whole thing, or part of one, has the wrong class.
    case interior
  }

  /// The bounding box. *Units*: pixels.
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int
  package var areaPixels: Int
  package var meanErrorProbability: Double
  /// The pseudo-label class of most of its pixels, the lowest of equals.
  package var classIndex: Int
  /// The class that it is most likely to be instead: of the pixels' alternatives, the class whose probability summed
  /// over the region is largest, the region's own class left out. `nil` where alternatives are not known.
  package var alternativeClass: Int?
  /// Edges of pixels between the region and what is around it, the image's border included. *Units*: pixels; a slanted
  /// line counts up to √2 times its length. 0 where an older database did not note it.
  package var boundaryLength: Int
  /// `nil` where an older database did not note it.
  package var placement: Placement?

  /// The sum of the error probability. *Units*: pixels.
  package var expectedWrongPixels: Double { meanErrorProbability * Double(areaPixels) }

  package init(
    x: Int, y: Int, width: Int, height: Int, areaPixels: Int, meanErrorProbability: Double, classIndex: Int,
    alternativeClass: Int? = nil, boundaryLength: Int = 0, placement: Placement? = nil
  ) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
    self.areaPixels = areaPixels
    self.meanErrorProbability = meanErrorProbability
    self.classIndex = classIndex
    self.alternativeClass = alternativeClass
    self.boundaryLength = boundaryLength
    self.placement = placement
  }
}

/// Which pixels make up regions.
package struct RegionSettings: Hashable, Sendable, Codable {
  /// Pixels whose error probability is at least this belong to a region.
  package var threshold: Float = 0.5
  /// Smaller regions are dropped. *Units*: pixels.
  package var minimumAreaPixels = 16
  /// At most this many a image are kept, by expected wrong pixels.
  package var maximumCount = 200

  /// A pixel lies at a boundary if a pixel of another label is at most this far away, in rows and columns.
  package static let boundaryDistance = 3

  package init() {}
}

extension ErrorRegion {
  /// 8-connected areas, the one with most expected wrong pixels first, equals in the order of their first pixels.
  ///
  /// - Complexity: linear in the pixels, but for a sort of the regions found.
  package static func find(in prediction: PixelPrediction, settings: RegionSettings) -> [ErrorRegion] {
    let areas = areas(
      width: prediction.width, height: prediction.height, errorProbability: prediction.errorProbability,
      settings: settings)
    guard !areas.isEmpty else { return [] }
    let boundary = LabelBoundary(
      prediction.labels, width: prediction.width, height: prediction.height,
      distance: RegionSettings.boundaryDistance)
    return areas.map { area in
      var region = area.region
      region.describe(area.pixels, prediction: prediction, boundary: boundary)
      return region
    }
  }

  /// The same regions without what labels say about them, each with its pixels, in horizontal runs.
  static func areas(
    width: Int, height: Int, errorProbability: [Float], settings: RegionSettings
  ) -> [(region: ErrorRegion, pixels: [Range<Int>])] {
    var labeling = RunLabeling(
      width: width, height: height, values: errorProbability, threshold: settings.threshold)
    let components = labeling.components(errorProbability)
    let large = components.indices.filter { components[$0].areaPixels >= settings.minimumAreaPixels }
    let sorted = large.sorted {
      (components[$0].expectedWrongPixels, $1) > (components[$1].expectedWrongPixels, $0)
    }
    let kept = Array(sorted.prefix(settings.maximumCount))
    return zip(kept, labeling.runs(of: kept)).map { (components[$0], $1) }
  }

  /// Fills in what the labels say about the region.
  ///
  /// - Parameter runs: its pixels, in horizontal runs.
  private mutating func describe(
    _ runs: [Range<Int>], prediction: PixelPrediction, boundary: LabelBoundary
  ) {
    var counts = [Int](repeating: 0, count: 256)
    var sums = [Double](repeating: 0, count: 256)
    var atBoundary = 0
    for run in runs {
      for pixel in run {
        counts[Int(prediction.labels[pixel])] += 1
        if boundary.isNear[pixel] { atBoundary += 1 }
      }
      guard let alternatives = prediction.alternatives else { continue }
      for pixel in run { sums[Int(alternatives.labels[pixel])] += Double(alternatives.probability[pixel]) }
    }
    classIndex = counts.firstIndex(of: counts.max() ?? 0) ?? 0
    placement = 2 * atBoundary >= areaPixels ? .boundary : .interior
    sums[classIndex] = 0
    let largest = sums.max() ?? 0
    alternativeClass = largest > 0 ? sums.firstIndex(of: largest) : nil
  }
}
