import ArgumentParser
import Auditing

/// The rule by which pixels become error regions.
struct RegionOptions: ParsableArguments {
  @Option(help: "Pixels with at least this error probability form regions.")
  var regionThreshold: Float = 0.5

  @Option(help: "Regions of fewer pixels are dropped.")
  var minimumRegionArea = 16

  func validate() throws {
    guard (0...1).contains(regionThreshold) else {
      throw ValidationError("--region-threshold \(regionThreshold), expected 0 to 1.")
    }
    guard minimumRegionArea > 0 else { throw ValidationError("--minimum-region-area must be at least 1.") }
  }

  var settings: RegionSettings {
    var settings = RegionSettings()
    settings.threshold = regionThreshold
    settings.minimumAreaPixels = minimumRegionArea
    return settings
  }
}
