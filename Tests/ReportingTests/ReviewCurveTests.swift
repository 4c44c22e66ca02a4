import Foundation
import FoundationXML
import Reporting
import Testing

@Suite struct ReviewCurveTests {
  @Test func sumsUpInTheGivenOrder() {
    let curve = ReviewCurve(expectedWrongPixels: [6, 3, 1])
    #expect(curve.found == [0, 0.6, 0.9, 1])
    #expect(curve.images(toFind: 0.5) == 1)
    #expect(curve.images(toFind: 0.6) == 1)
    #expect(curve.images(toFind: 0.61) == 2)
    #expect(curve.images(toFind: 1) == 3)
  }

  @Test func shareOfTheFirstImagesIsRoundedUpToWholeOnes() {
    let curve = ReviewCurve(expectedWrongPixels: [6, 3, 1])
    #expect(curve.share(inFirst: 0.1) == (1, 0.6))
    #expect(curve.share(inFirst: 0.5) == (2, 0.9))
    #expect(curve.share(inFirst: 1) == (3, 1))
  }

  @Test(arguments: [[], [0], [0, 0]]) func nothingWrongIsNothingToFind(pixels: [Double]) {
    let curve = ReviewCurve(expectedWrongPixels: pixels)
    #expect(curve.images(toFind: 0.5) == nil)
    #expect(curve.share(inFirst: 0.1).found == 0)
  }

  @Test(arguments: [0, 1, 2, 5000]) func drawingIsWellFormedAndBounded(imageCount: Int) {
    let curve = ReviewCurve(expectedWrongPixels: (0..<imageCount).map { Double(imageCount - $0) })
    let svg = curve.draw()
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    #expect(svg.utf8.count < 40_000)
  }
}
