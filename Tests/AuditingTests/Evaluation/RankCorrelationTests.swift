import Auditing
import Testing

@Suite struct RankCorrelationTests {
  private let tolerance = 1e-12

  @Test func agreementAndItsOpposite() {
    #expect(abs(RankCorrelation.spearman([1, 2, 3, 4], [10, 20, 30, 1000]) - 1) < tolerance)
    #expect(abs(RankCorrelation.spearman([1, 2, 3, 4], [8, 6, 4, 2]) + 1) < tolerance)
  }

  @Test func byHand() {
    // Ranks 1 2 3 4 5 against 2 1 4 3 5: 1 − 6·4 / (5·24) = 0.8.
    #expect(abs(RankCorrelation.spearman([1, 2, 3, 4, 5], [0.2, 0.1, 0.4, 0.3, 0.5]) - 0.8) < tolerance)
  }

  @Test func tiesShareTheirMeanRank() {
    // scipy.stats.spearmanr([1, 2, 2, 3, 0], [4, 5, 4, 4, 1])
    let expected = 0.5735393346764044
    #expect(abs(RankCorrelation.spearman([1, 2, 2, 3, 0], [4, 5, 4, 4, 1]) - expected) < tolerance)
  }

  @Test func noOrderAtAll() {
    #expect(RankCorrelation.spearman([], []).isNaN)
    #expect(RankCorrelation.spearman([1], [2]).isNaN)
    #expect(RankCorrelation.spearman([1, 1, 1], [1, 2, 3]).isNaN)
    #expect(RankCorrelation.spearman([1, 2, 3], [5, 5, 5]).isNaN)
  }
}

@Suite struct RankingCurveTests {
  private let tolerance = 1e-12

  @Test func foundByHand() {
    let curve = RankingCurve(scores: [0.1, 0.9, 0.5, 0.3], wrongPixels: [0, 60, 10, 30])
    #expect(curve.found == [0, 0.6, 0.7, 1, 1])
    #expect(abs(curve.found(inFirst: 0.25) - 0.6) < tolerance)
    #expect(abs(curve.found(inFirst: 0.1) - 0.24) < tolerance)
    #expect(abs(curve.found(inFirst: 0.625) - 0.85) < tolerance)
    #expect(curve.found(inFirst: 0) == 0 && curve.found(inFirst: 1) == 1)
    #expect(abs(curve.area - (0.3 + 0.65 + 0.85 + 1) / 4) < tolerance)
  }

  @Test func equalImagesMakeTheDiagonal() {
    let curve = RankingCurve(scores: [3, 1, 2], wrongPixels: [5, 5, 5])
    #expect(abs(curve.area - 0.5) < tolerance)
    #expect(abs(curve.found(inFirst: 0.2) - 0.2) < tolerance)
  }

  @Test func equalScoresKeepTheGivenOrder() {
    #expect(RankingCurve(scores: [1, 1, 2], wrongPixels: [1, 3, 0]).found == [0, 0, 0.25, 1])
  }

  @Test func nothingToFind() {
    #expect(RankingCurve(scores: [1, 2], wrongPixels: [0, 0]).found == [0, 0, 0])
    #expect(RankingCurve(scores: [], wrongPixels: []).area.isNaN)
    #expect(RankingCurve(scores: [], wrongPixels: []).found(inFirst: 0.5) == 0)
  }
}
