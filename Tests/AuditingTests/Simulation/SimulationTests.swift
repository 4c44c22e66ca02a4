import Auditing
import Testing

@Suite struct SimulationTests {
  private static let choice = AnnotationChoice(
    images: [
      AnnotationChoice.Image(
        name: "a", orderValue: 0.5, expectedErrorRate: 0.5, wrongPixels: 30, knownPixels: 100,
        estimatedSeconds: 40),
      AnnotationChoice.Image(
        name: "b", orderValue: 0.25, expectedErrorRate: 0.25, wrongPixels: 10, knownPixels: 60,
        estimatedSeconds: 20),
    ], hiddenImages: 5, hiddenWrongPixels: 80, hiddenKnownPixels: 400)

  private static func round(
    _ seed: UInt64, _ order: AnnotationOrder?, _ round: Int, _ value: Double?,
    choice: AnnotationChoice? = choice
  ) -> SimulatedRound {
    SimulatedRound(
      seed: seed, order: order, round: round, annotatedImages: 2 + 2 * round,
      meanIntersectionOverUnion: value, pixelAccuracy: value.map { $0 * 2 },
      choice: order == nil ? nil : choice)
  }

  @Test func whatAChoiceIsWorth() {
    let choice = Self.choice
    #expect(choice.wrongPixels == 40 && choice.shareOfWrongPixels == 0.5)
    #expect(choice.errorRate == 0.25 && choice.wrongPixelsPerMinute == 40)
    let nothing = AnnotationChoice(
      images: [], hiddenImages: 1, hiddenWrongPixels: 0, hiddenKnownPixels: 0)
    #expect(nothing.shareOfWrongPixels == nil && nothing.errorRate == nil)
    #expect(nothing.wrongPixelsPerMinute == nil)
  }

  @Test func meansAndGainsOverSeeds() throws {
    let rounds = [
      Self.round(0, nil, 0, 0.1), Self.round(1, nil, 0, 0.3),
      Self.round(0, .random, 1, 0.2), Self.round(0, .random, 2, 0.4),
      Self.round(0, .budget, 1, 0.3), Self.round(0, .budget, 2, 0.5),
      Self.round(1, .random, 1, 0.4), Self.round(1, .random, 2, 0.4),
      // The last round of this seed is not there yet.
      Self.round(1, .budget, 1, 0.5),
    ]
    let summary = SimulationSummary(rounds, orders: [.random, .budget])
    #expect(summary.rows.map(\.order) == ["random", "random", "random", "budget", "budget", "budget"])
    #expect(summary.rows.map(\.round) == [0, 1, 2, 0, 1, 2])
    #expect(summary.rows.map(\.annotatedImages) == [2, 4, 6, 2, 4, 6])
    let means = summary.rows.compactMap(\.meanIntersectionOverUnion.mean)
    for (mean, expected) in zip(means, [0.2, 0.3, 0.4, 0.2, 0.4, 0.5]) {
      #expect(abs(mean - expected) < 1e-12)
    }
    #expect(summary.rows[0].shareOfWrongPixels.mean == nil)
    #expect(summary.rows[4].shareOfWrongPixels == Spread([0.5, 0.5]))
    #expect(summary.rows[5].seeds == [0] && summary.rows[5].meanIntersectionOverUnion.deviation == nil)
    let gain = try #require(summary.gainsOverRandom.first)
    #expect(summary.gainsOverRandom.count == 1 && gain.order == "budget" && gain.seeds == [0])
    #expect(abs((gain.meanIntersectionOverUnion.mean ?? 0) - 0.1) < 1e-12)
  }

  @Test func withoutRandomThereIsNoGain() {
    let rounds = [Self.round(0, nil, 0, 0.1), Self.round(0, .budget, 1, nil, choice: nil)]
    let summary = SimulationSummary(rounds, orders: [.budget, .ranked(.entropy)])
    #expect(summary.gainsOverRandom.isEmpty)
    // An order that has not begun shows the start.
    #expect(summary.rows.map { "\($0.order) \($0.round)" } == ["budget 0", "budget 1", "entropy 0"])
    #expect(summary.rows[1].meanIntersectionOverUnion == Spread([]))
  }

  @Test func ordersByName() {
    #expect(AnnotationOrder.all.count == RankingOrder.allCases.count + 2)
    for order in AnnotationOrder.all { #expect(AnnotationOrder(name: order.name) == order) }
    #expect(AnnotationOrder(name: "error-rate") == .ranked(.expectedErrorRate))
    #expect(AnnotationOrder(name: "size") == nil)
  }

  @Test func drawsAreOfTheSeed() {
    let names = (0..<20).map { "\($0)" }
    let start = AnnotationDraw.start(5, of: names, seed: 3)
    #expect(start.count == 5 && start == AnnotationDraw.start(5, of: names, seed: 3))
    #expect(start == names.filter(start.contains))
    #expect(start != AnnotationDraw.start(5, of: names, seed: 4))
    let first = AnnotationDraw.round(1, 5, of: names, seed: 3)
    #expect(Set(first).count == 5 && first == AnnotationDraw.round(1, 5, of: names, seed: 3))
    #expect(first != AnnotationDraw.round(2, 5, of: names, seed: 3))
    #expect(AnnotationDraw.round(1, 30, of: names, seed: 3).sorted() == names.sorted())
  }

  @Test func spreads() {
    #expect(Spread([]).text(places: 2) == "–" && Spread([0.5]).text(places: 2) == "0.50")
    #expect(Spread([1, 3]).deviation == 2.0.squareRoot())
    #expect(Spread([1, 3]).times(100).text(places: 1) == "200.0 ± 141.4")
  }
}
