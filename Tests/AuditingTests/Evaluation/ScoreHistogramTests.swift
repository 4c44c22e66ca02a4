import Auditing
import Testing

@Suite struct ScoreHistogramTests {
  private let tolerance = 1e-12

  private func histogram(wrong: [UInt8], right: [UInt8]) -> ScoreHistogram {
    var result = ScoreHistogram()
    for score in wrong { result.add(score: score, isWrong: true) }
    for score in right { result.add(score: score, isWrong: false) }
    return result
  }

  @Test func averagePrecisionByHand() {
    // From the top: wrong 1/1, right 1/2, wrong 2/3, right 2/4, wrong 3/5.
    let scores = histogram(wrong: [250, 200, 10], right: [220, 100])
    #expect(abs(scores.averagePrecision - (1 + 2.0 / 3 + 3.0 / 5) / 3) < tolerance)
  }

  @Test func averagePrecisionTakesTiesTogether() {
    // All pixels at one score: precision is the share of wrong ones, whatever the order.
    #expect(abs(histogram(wrong: [7, 7], right: [7, 7, 7]).averagePrecision - 0.4) < tolerance)
    #expect(histogram(wrong: [255], right: [0, 0]).averagePrecision == 1)
    #expect(histogram(wrong: [], right: [1, 2]).averagePrecision.isNaN)
  }

  @Test func areaUnderROCByHand() {
    // Pairs (wrong, right): 250 beats both, 100 beats 50 and ties with 100: 3.5 of 4.
    #expect(abs(histogram(wrong: [250, 100], right: [100, 50]).areaUnderROC - 3.5 / 4) < tolerance)
    #expect(histogram(wrong: [0], right: [255]).areaUnderROC == 0)
    #expect(histogram(wrong: [9], right: [9]).areaUnderROC == 0.5)
    #expect(histogram(wrong: [9], right: []).areaUnderROC.isNaN)
    #expect(histogram(wrong: [], right: [9]).areaUnderROC.isNaN)
  }

  @Test func binaryMapIncludesTheThreshold() {
    let counts = histogram(wrong: [255, 128, 127], right: [200, 128, 3, 0]).binary(threshold: 128)
    #expect(counts.parts == [2, 2, 1, 2])
    #expect(abs(counts.f1 - 4.0 / 7) < tolerance)
    #expect(abs(counts.meanIntersectionOverUnion - (2.0 / 5 + 2.0 / 5) / 2) < tolerance)
  }

  @Test func binaryMapsAddUp() {
    let scores = histogram(wrong: [200, 1, 2, 3], right: [200, 201, 1, 2, 3, 4])
    let counts = scores.binary(threshold: 128)
    #expect(counts.parts == [1, 2, 3, 4])
    #expect((counts + counts).parts == [2, 4, 6, 8])
  }

  @Test func binaryMapsOfNothing() {
    let nothing = ScoreHistogram().binary(threshold: 128)
    #expect(nothing.f1 == 0 && nothing.meanIntersectionOverUnion.isNaN)
    #expect(histogram(wrong: [], right: [1, 2]).binary(threshold: 128).meanIntersectionOverUnion == 1)
  }

  @Test func bestThresholdIsTheLowestOfTheBest() {
    // Everything above 50 is wrong: 51 to 80 separate without fault.
    #expect(histogram(wrong: [80, 90], right: [50, 0]).bestThreshold == 51)
    #expect(histogram(wrong: [3], right: []).bestThreshold == 0)
  }

  /// Without a wrong pixel no threshold is better than another: the middle, not "everything is wrong".
  @Test func bestThresholdWithoutErrorsIsTheMiddle() {
    #expect(ScoreHistogram().bestThreshold == 128)
    #expect(histogram(wrong: [], right: [0, 200]).bestThreshold == 128)
  }

  @Test func calibrationByHand() {
    // Bin 0 holds 0 … 16 (below 1/15), the last one 238 … 255.
    let scores = histogram(wrong: [255, 255, 238], right: [0, 16, 238])
    let bins = scores.calibrationBins()
    #expect(bins.map(\.pixels) == [2, 4])
    #expect(abs(bins[0].meanProbability - 8.0 / 255) < tolerance)
    #expect(bins[0].shareWrong == 0)
    #expect(abs(bins[1].meanProbability - 986.0 / 4 / 255) < tolerance)
    #expect(bins[1].shareWrong == 0.75)
    let expected = (2 * 8.0 / 255 + 4 * (986.0 / 4 / 255 - 0.75)) / 6
    #expect(abs(scores.expectedCalibrationError() - expected) < tolerance)
    #expect(ScoreHistogram().expectedCalibrationError() == 0)
  }

  @Test func edgesOfTheCalibrationBins() {
    for bin in 0..<15 {
      let edge = UInt8(bin * 17)
      #expect(histogram(wrong: [edge], right: [edge + 16]).calibrationBins().map(\.pixels) == [2])
      guard bin > 0 else { continue }
      #expect(histogram(wrong: [edge], right: [edge - 1]).calibrationBins().map(\.pixels) == [1, 1])
    }
  }

  @Test func histogramsAddUp() {
    var a = histogram(wrong: [1, 2], right: [3])
    a.add(histogram(wrong: [2], right: [2, 255]))
    #expect(a == histogram(wrong: [1, 2, 2], right: [3, 2, 255]))
    #expect((a.wrongCount, a.rightCount, a.count) == (3, 3, 6))
  }
}

extension BinaryCounts {
  fileprivate var parts: [Int] { [truePositives, falsePositives, falseNegatives, trueNegatives] }
}
