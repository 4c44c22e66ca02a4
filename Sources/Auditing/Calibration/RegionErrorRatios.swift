/// In what range the true error rate of an error region lies, over its expected one.
///
/// Regions of one image depend on each other, images do not: so images are what conformal prediction counts here.
///
/// - An image's worst region was picked from many for its expected wrong pixels. It has a range of its own, by the
///   calibration images' worst regions, one an image (split conformal prediction).
/// - Of the others, each calibration image's together weigh as much as one image.
///
/// Both hold at least `coverage` of the true rates, whatever their distribution, for images that are drawn like the
/// calibration's: of their worst regions, and of a region drawn among an image's others. They do not promise that share of
/// all regions of a folder, where an image with many regions counts more than once, nor of the worst of all regions.
///
/// *Source*: Lee, Barber, Willett, arXiv 2306.06342 (hierarchical conformal prediction).
package struct RegionErrorRatios: Sendable, Equatable {
  /// Of the region with most expected wrong pixels of an image; `nil` with too few calibration images that have one.
  package var worst: ErrorRateRatio?
  /// Of any other region; `nil` with too few calibration images that have one.
  package var others: ErrorRateRatio?

  package init(worst: ErrorRateRatio? = nil, others: ErrorRateRatio? = nil) {
    self.worst = worst
    self.others = others
  }

  /// - Parameter images: the regions of each calibration image, the worst first; estimates that were made without it.
  package init(_ images: [[CalibrationCounts]], coverage: Double = 0.95) {
    worst = ErrorRateRatio.ofGroups(images.map { Array($0.prefix(1)) }, coverage: coverage)
    others = ErrorRateRatio.ofGroups(images.map { Array($0.dropFirst()) }, coverage: coverage)
  }

  /// - Parameter isWorst: whether the region has most expected wrong pixels in its image.
  package func ratio(isWorst: Bool) -> ErrorRateRatio? { isWorst ? worst : others }
}

extension ErrorRegion {
  /// What the truth says of an image's regions, the worst first.
  ///
  /// *Shape*: arrays are row-major `[height, width]`.
  ///
  /// - Parameters:
  ///   - errorProbability: by which the regions are found. *Range*: 0…1.
  ///   - ignoreLabel: the truth of pixels that people left without label. They belong to a region, but are not known.
  package static func counts(
    width: Int, height: Int, errorProbability: [Float], labels: [UInt8], truth: [UInt8], ignoreLabel: UInt8,
    settings: RegionSettings
  ) -> [CalibrationCounts] {
    precondition(labels.count == errorProbability.count && truth.count == labels.count)
    return areas(width: width, height: height, errorProbability: errorProbability, settings: settings).map {
      var counts = CalibrationCounts.none
      counts.all = Double($0.region.areaPixels)
      counts.estimatedWrong = $0.region.expectedWrongPixels
      for pixel in $0.pixels.joined() where truth[pixel] != ignoreLabel {
        counts.known += 1
        if truth[pixel] != labels[pixel] { counts.wrong += 1 }
      }
      return counts
    }
  }
}
