import Auditing
import Testing

/// What a region is likely to be instead, and whether an outline or a thing is wrong.
@Suite struct RegionDescriptionTests {
  private func regions(
    labels: [UInt8], width: Int, error: [Float], alternatives: PixelPrediction.Alternatives? = nil
  ) -> [ErrorRegion] {
    let prediction = PixelPrediction(
      width: width, height: labels.count / width, classCount: 4, labels: labels, errorProbability: error,
      confidence: error, entropy: error, alternatives: alternatives)
    var settings = RegionSettings()
    settings.minimumAreaPixels = 1
    return ErrorRegion.find(in: prediction, settings: settings)
  }

  /// Class 2 is named by more pixels, class 1 with more probability; class 0 is what the region is already.
  @Test func theAlternativeIsTheLargestSum() {
    let alternatives = PixelPrediction.Alternatives(
      labels: [2, 2, 2, 1, 0], probability: [0.1, 0.1, 0.1, 0.4, 1], margin: [0, 0, 0, 0, 0])
    let found = regions(
      labels: [0, 0, 0, 0, 3], width: 5, error: [1, 1, 1, 1, 1], alternatives: alternatives)
    #expect(found.map(\.alternativeClass) == [1])
    #expect(regions(labels: [0, 0], width: 2, error: [1, 1]).map(\.alternativeClass) == [nil])
  }

  /// Labels change in the middle of 40 columns. Of a band of 6 pixels around the change all are near it; of a block of
  /// 20 that begins there, 3 are.
  @Test func placement() {
    let labels = (0..<40 * 5).map { UInt8($0 % 40 < 20 ? 0 : 1) }
    let band = (0..<40 * 5).map { Float(17..<23 ~= $0 % 40 ? 1 : 0) }
    let block = (0..<40 * 5).map { Float($0 % 40 >= 20 ? 1 : 0) }
    #expect(regions(labels: labels, width: 40, error: band).map(\.placement) == [.boundary])
    #expect(regions(labels: labels, width: 40, error: block).map(\.placement) == [.interior])
    let half = (0..<40 * 5).map { Float(20..<26 ~= $0 % 40 ? 1 : 0) }
    #expect(regions(labels: labels, width: 40, error: half).map(\.placement) == [.boundary])
    let more = (0..<40 * 5).map { Float(20..<27 ~= $0 % 40 ? 1 : 0) }
    #expect(regions(labels: labels, width: 40, error: more).map(\.placement) == [.interior])
  }

  @Test func sumsOfAnImage() {
    let prediction = PixelPrediction(
      width: 4, height: 1, classCount: 3, labels: [0, 0, 0, 1], errorProbability: [0, 0.5, 0.1, 1],
      confidence: [1, 1, 1, 1], entropy: [0, 0, 0, 0],
      alternatives: .init(labels: [1, 1, 1, 0], probability: [0, 0, 0, 0], margin: [1, 0.5, 0, -0.5]))
    var settings = RegionSettings()
    settings.minimumAreaPixels = 1
    let audit = ImageAudit(prediction, regions: settings)
    #expect(abs(audit.balancedErrorRate - 0.6) < 1e-6)
    #expect(audit.regionBoundaryLength == 8 && abs(audit.regionWrongPixels - 1.5) < 1e-6)
    #expect(audit.statistics.meanMargin == 0.25)
    #expect(abs(AnnotationCost().seconds(regions: 2, boundaryLength: 8) - 34.8) < 1e-9)
  }
}
