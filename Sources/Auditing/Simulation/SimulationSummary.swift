/// One training of a simulated annotation, with the choice of images that went before it.
package struct SimulatedRound: Sendable, Equatable {
  package let seed: UInt64
  /// `nil` for the start, which all orders share.
  package let order: AnnotationOrder?
  /// 0 for the start.
  package let round: Int
  package let annotatedImages: Int
  /// On the validation images; `nil` where it is not defined.
  package let meanIntersectionOverUnion: Double?
  package let pixelAccuracy: Double?
  /// `nil` for the start.
  package let choice: AnnotationChoice?

  package init(
    seed: UInt64, order: AnnotationOrder?, round: Int, annotatedImages: Int,
    meanIntersectionOverUnion: Double?, pixelAccuracy: Double?, choice: AnnotationChoice?
  ) {
    self.seed = seed
    self.order = order
    self.round = round
    self.annotatedImages = annotatedImages
    self.meanIntersectionOverUnion = meanIntersectionOverUnion
    self.pixelAccuracy = pixelAccuracy
    self.choice = choice
  }
}

/// The rounds of a simulation over the seeds.
package struct SimulationSummary: Sendable, Encodable {
  /// One order after one round.
  package struct Row: Sendable, Encodable {
    package let order: String
    package let round: Int
    package let annotatedImages: Int
    package let seeds: [UInt64]
    package let meanIntersectionOverUnion: Spread
    package let pixelAccuracy: Spread
    /// Of the wrong pixels of all hidden images, the share that lay in the chosen ones.
    package let shareOfWrongPixels: Spread
    /// Of the chosen images' pixels, the share that was wrong.
    package let errorRateOfChosen: Spread
    package let wrongPixelsPerMinute: Spread
  }

  /// How much better an order was than random choice with the same seed.
  package struct Gain: Sendable, Encodable {
    package let order: String
    package let seeds: [UInt64]
    /// Difference of the mIoU, mean over the rounds after the start.
    package let meanIntersectionOverUnion: Spread
  }

  /// By order, then by round; an order's first row is the start.
  package let rows: [Row]
  /// Empty where nothing was chosen at random; of the seeds whose rounds are all there.
  package let gainsOverRandom: [Gain]

  package init(_ rounds: [SimulatedRound], orders: [AnnotationOrder]) {
    let last = rounds.map(\.round).max() ?? 0
    rows = orders.flatMap { order in
      (0...last).compactMap { round in
        Self.row(order, round, rounds.filter { $0.round == round && ($0.order == order || round == 0) })
      }
    }
    let means = Self.meansOfSeeds(rounds, last: last)
    let random = means[.random] ?? [:]
    gainsOverRandom = orders.filter { $0 != .random && !random.isEmpty }.map { order in
      let own = means[order] ?? [:]
      let seeds = own.keys.filter { random[$0] != nil }.sorted()
      return Gain(
        order: order.name, seeds: seeds,
        meanIntersectionOverUnion: Spread(seeds.map { (own[$0] ?? 0) - (random[$0] ?? 0) }))
    }
  }

  private static func row(_ order: AnnotationOrder, _ round: Int, _ found: [SimulatedRound]) -> Row? {
    guard let first = found.first else { return nil }
    func spread(_ value: (SimulatedRound) -> Double?) -> Spread { Spread(found.compactMap(value)) }
    return Row(
      order: order.name, round: round, annotatedImages: first.annotatedImages, seeds: found.map(\.seed),
      meanIntersectionOverUnion: spread(\.meanIntersectionOverUnion), pixelAccuracy: spread(\.pixelAccuracy),
      shareOfWrongPixels: spread { $0.choice?.shareOfWrongPixels },
      errorRateOfChosen: spread { $0.choice?.errorRate },
      wrongPixelsPerMinute: spread { $0.choice?.wrongPixelsPerMinute })
  }

  /// By order and seed, the mean mIoU of the rounds after the start, where all of them are there.
  private static func meansOfSeeds(
    _ rounds: [SimulatedRound], last: Int
  ) -> [AnnotationOrder: [UInt64: Double]] {
    var values: [AnnotationOrder: [UInt64: [Double]]] = [:]
    for round in rounds where round.round > 0 {
      guard let order = round.order, let value = round.meanIntersectionOverUnion else { continue }
      values[order, default: [:]][round.seed, default: []].append(value)
    }
    return values.mapValues { bySeed in
      bySeed.filter { $0.value.count == last }.mapValues { $0.reduce(0, +) / Double(last) }
    }
  }
}
