import ArgumentParser
import Auditing

/// What a person's time costs.
struct AnnotationCostOptions: ParsableArguments {
  @Option(help: "For gain-per-minute: seconds that looking at an image takes.")
  var secondsPerImage = AnnotationCost().perImage

  @Option(help: "For gain-per-minute: seconds more for each region.")
  var secondsPerRegion = AnnotationCost().perRegion

  @Option(help: "For gain-per-minute: seconds more for each pixel of the regions' outlines.")
  var secondsPerBoundaryPixel = AnnotationCost().perBoundaryPixel

  func validate() throws {
    guard secondsPerImage > 0, secondsPerImage.isFinite else {
      throw ValidationError("--seconds-per-image \(secondsPerImage), expected more than 0.")
    }
    for (name, value) in [
      ("--seconds-per-region", secondsPerRegion), ("--seconds-per-boundary-pixel", secondsPerBoundaryPixel),
    ] where !(value >= 0 && value.isFinite) {
      throw ValidationError("\(name) \(value), expected 0 or more.")
    }
  }

  var cost: AnnotationCost {
    var cost = AnnotationCost()
    cost.perImage = secondsPerImage
    cost.perRegion = secondsPerRegion
    cost.perBoundaryPixel = secondsPerBoundaryPixel
    return cost
  }
}
