import Auditing
import Foundation
import Testing

@Suite struct ImageStatisticsTests {
  /// Floats are summed up as doubles: what remains is the rounding of the inputs.
  private let tolerance = 1e-6

  @Test func meansAndSums() {
    let prediction = PixelPrediction.sample(
      width: 2, height: 2, errorProbability: [0.1, 0.2, 0.3, 1], confidence: [1, 0.5, 0.75, 0.75],
      entropy: [0, 1, 0.5, 0.1])
    let statistics = ImageStatistics(prediction)
    #expect(abs(statistics.expectedWrongPixels - 1.6) < tolerance)
    #expect(abs(statistics.meanErrorProbability - 0.4) < tolerance)
    #expect(abs(statistics.meanConfidence - 0.75) < tolerance)
    #expect(abs(statistics.meanEntropy - 0.4) < tolerance)
  }

  @Test func percentilesOfAHundredDifferentValues() {
    // 0.01, 0.02 … 1.00 in another order: the percentile of k per cent is k hundredths.
    let values = (0..<100).map { Float(($0 * 37) % 100 + 1) / 100 }
    let statistics = ImageStatistics(.sample(width: 20, height: 5, errorProbability: values))
    #expect(statistics.percentile50 == 0.5)
    #expect(statistics.percentile90 == 0.9)
    #expect(statistics.percentile95 == 0.95)
    #expect(statistics.percentile99 == 0.99)
  }

  @Test func percentilesTakeTheLowerOfTwoNeighbours() {
    // One pixel in four is bad: half of the pixels lie at or below 0, nine tenths only at or below 0.8.
    let statistics = ImageStatistics(.sample(width: 4, height: 1, errorProbability: [0, 0.8, 0, 0]))
    #expect(statistics.percentile50 == 0)
    #expect(statistics.percentile90 == 0.8)
    #expect(statistics.percentile99 == 0.8)
  }

  @Test func onePixel() {
    let statistics = ImageStatistics(.sample(width: 1, height: 1, errorProbability: [0.25]))
    #expect(statistics.percentile50 == 0.25 && statistics.percentile99 == 0.25)
    #expect(statistics.histogram == (0..<20).map { $0 == 5 ? 1 : 0 })
  }

  @Test func histogramBinsAreClosedBelow() {
    let statistics = ImageStatistics(
      .sample(width: 6, height: 1, errorProbability: [0, 0.049, 0.5, 0.51, 0.9501, 1]))
    var expected = [Int](repeating: 0, count: 20)
    expected[0] = 2
    expected[10] = 2
    expected[19] = 2
    #expect(statistics.histogram == expected)
  }

  @Test func classesThatOccur() {
    let prediction = PixelPrediction.sample(
      width: 3, height: 2, classCount: 5, labels: [4, 0, 4, 4, 0, 2],
      errorProbability: [0.5, 0.25, 0.5, 1, 0, 0.125])
    #expect(
      ClassStatistics.all(in: prediction) == [
        ClassStatistics(classIndex: 0, predictedPixels: 2, expectedWrongPixels: 0.25),
        ClassStatistics(classIndex: 2, predictedPixels: 1, expectedWrongPixels: 0.125),
        ClassStatistics(classIndex: 4, predictedPixels: 3, expectedWrongPixels: 2),
      ])
  }
}

@Suite struct PixelMapsTests {
  @Test func probabilitiesAreRoundedToEightBits() {
    let maps = PixelMaps(
      .sample(
        width: 5, height: 1, errorProbability: [0, 1, 0.5, 0.4 / 255, 0.6 / 255],
        confidence: [1, 1 / 3, 0.9, 0.25, 1]))
    #expect(maps.errorProbability == [0, 255, 128, 0, 1])
    #expect(maps.confidence == [255, 85, 230, 64, 255])
  }

  @Test(arguments: [2, 3, 11, 255]) func entropyIsScaledByItsMaximum(classCount: Int) {
    let maximum = Float(log(Double(classCount)))
    let maps = PixelMaps(
      .sample(width: 4, height: 1, classCount: classCount, entropy: [0, maximum, maximum / 3, maximum / 5]))
    #expect(maps.entropy == [0, 255, 85, 51])
  }

  @Test func rowsStayInPlace() {
    let labels: [UInt8] = [0, 1, 2, 2, 1, 0]
    let maps = PixelMaps(.sample(width: 3, height: 2, labels: labels))
    #expect(maps.width == 3 && maps.height == 2)
    #expect(maps.labels == labels)
  }

  @Test func anAuditHoldsAllOfIt() {
    let prediction = PixelPrediction.drawn("##..", "##..", "....")
    var settings = RegionSettings()
    settings.minimumAreaPixels = 4
    let audit = ImageAudit(prediction, regions: settings)
    #expect(audit.width == 4 && audit.height == 3)
    #expect(audit.statistics == ImageStatistics(prediction))
    #expect(audit.classes == ClassStatistics.all(in: prediction))
    #expect(audit.regions.map(\.areaPixels) == [4])
    #expect(audit.maps == PixelMaps(prediction))
  }
}
