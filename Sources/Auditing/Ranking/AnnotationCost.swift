/// How long a person needs to correct an image: for looking at it, for finding each region, and for its outline.
///
/// *Source* of the defaults: 20 s to say which classes are in an image (Bearman et al., ECCV 2016, arXiv 1506.02106), 7 s
/// to mark where a thing is (Papadopoulos et al., ICCV 2017, arXiv 1708.02750). The outline is our assumption: a click a
/// second, every ten pixels. Whoever has measured their own team should give its numbers.
package struct AnnotationCost: Sendable, Hashable, Codable {
  /// *Units*: seconds.
  package var perImage = 20.0
  package var perRegion = 7.0
  package var perBoundaryPixel = 0.1

  package init() {}

  /// - Parameter boundaryLength: of all regions. *Units*: pixels.
  package func seconds(regions: Int, boundaryLength: Int) -> Double {
    perImage + perRegion * Double(regions) + perBoundaryPixel * Double(boundaryLength)
  }
}
