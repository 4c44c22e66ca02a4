import Foundation

/// Compares an audit with the truth, image by image; memory does not grow with the images' sizes.
///
/// Detectors of wrong pixels: ELN's error probability, 1 − maximum softmax, entropy over ln(classes), and the mean of
/// the first two.
package struct AuditEvaluation: Sendable {
  package enum Detector: String, Sendable, CaseIterable, Codable {
    case errorLocalization = "error probability"
    case confidence = "1 - max softmax"
    case entropy
    case mean = "mean of it and 1 - max softmax"
  }

  /// A pixel is confident if its maximum softmax is above this.
  package static let confidentAbove = 0.9

  private let classCount: Int
  private let ignoreLabel: UInt8
  private var confusion: [Int]
  /// By detector; two halves of the images, so that a threshold can be chosen on the other one.
  private var halves: [[ScoreHistogram]]
  private var confident: [ScoreHistogram]
  private var images: [ImageTruth] = []

  private struct ImageTruth: Sendable {
    let name: String
    let wrongPixels: Int
    /// At least 1.
    let knownPixels: Int
    /// The mean error probability of the known pixels.
    let estimatedErrorRate: Double
    /// By ranking, more = worse; of all pixels, since a ranking is made without knowing the truth.
    let scores: [Double]
    /// By order of the audit's ranking, more = worse.
    let orders: [RankingOrder: Double]
    /// The worst first.
    let regions: [CalibrationCounts]
    var errorRate: Double { Double(wrongPixels) / Double(knownPixels) }
  }

  package init(classCount: Int, ignoreLabel: UInt8) {
    self.classCount = classCount
    self.ignoreLabel = ignoreLabel
    confusion = [Int](repeating: 0, count: classCount * classCount)
    halves = Detector.allCases.map { _ in [ScoreHistogram(), ScoreHistogram()] }
    confident = Detector.allCases.map { _ in ScoreHistogram() }
  }

  /// An image without any known pixel says nothing and is left out.
  ///
  /// - Parameters:
  ///   - name: its hash says which half of the images this one belongs to.
  ///   - orders: what the audit ranks the image by, for orders that cannot be read from the maps.
  ///   - regions: the rule by which the audit found regions; `nil` if they are not to be looked at. The maps hold the
  ///     error probability to 1/255: so exactly are they found again.
  /// - Precondition: `truth` has a value for each pixel; values below the class count, or the ignore label.
  package mutating func add(
    name: String, maps: PixelMaps, truth: [UInt8], orders: [RankingOrder: Double] = [:],
    regions: RegionSettings? = nil
  ) {
    precondition(truth.count == maps.labels.count)
    var histograms = Detector.allCases.map { _ in ScoreHistogram() }
    var errorSum = 0
    let confidentAbove = UInt8(Self.confidentAbove * 255)
    for (pixel, actual) in truth.enumerated() where actual != ignoreLabel {
      let label = maps.labels[pixel]
      let isWrong = label != actual
      confusion[Int(actual) * classCount + Int(label)] += 1
      let isConfident = maps.confidence[pixel] > confidentAbove
      let error = maps.errorProbability[pixel]
      errorSum += Int(error)
      let doubt = 255 - maps.confidence[pixel]
      let scores = (error, doubt, maps.entropy[pixel], UInt8((UInt16(error) + UInt16(doubt)) / 2))
      Self.add(scores, isWrong, to: &histograms)
      if isConfident { Self.add(scores, isWrong, to: &confident) }
    }
    guard histograms[0].count > 0 else { return }
    let half = Self.half(of: name)
    for detector in histograms.indices { halves[detector][half].add(histograms[detector]) }
    images.append(
      ImageTruth(
        name: name, wrongPixels: histograms[0].wrongCount, knownPixels: histograms[0].count,
        estimatedErrorRate: Double(errorSum) / 255 / Double(histograms[0].count),
        scores: Ranking.allCases.map { $0.score(maps) },
        orders: orders.reduce(into: [:]) { $0[$1.key] = $1.key.isAscending ? -$1.value : $1.value },
        regions: regions.map {
          ErrorRegion.counts(
            width: maps.width, height: maps.height,
            errorProbability: maps.errorProbability.map { Float($0) / 255 },
            labels: maps.labels, truth: truth, ignoreLabel: ignoreLabel, settings: $0)
        } ?? []))
  }

  private static func add(
    _ scores: (UInt8, UInt8, UInt8, UInt8), _ isWrong: Bool, to histograms: inout [ScoreHistogram]
  ) {
    histograms[0].add(score: scores.0, isWrong: isWrong)
    histograms[1].add(score: scores.1, isWrong: isWrong)
    histograms[2].add(score: scores.2, isWrong: isWrong)
    histograms[3].add(score: scores.3, isWrong: isWrong)
  }

  /// A bit of the name's hash: stable, and independent of the folder's order. FNV-1a alone would put names that
  /// differ in their last characters into one half, hence the last step (MurmurHash3's).
  package static func half(of name: String) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    return Int(hash >> 63)
  }
}

extension AuditEvaluation {
  /// How images are put in order; more = worse.
  package enum Ranking: String, Sendable, CaseIterable, Codable {
    case errorRate = "expected error rate"
    case worstPixels = "wrong pixels (p > 0.5)"
    case confidence = "1 - max softmax"
    case entropy
    /// cleanlab's score of an image: the softmin, temperature 0.1, of its pixels' label qualities (their maximum
    /// softmax). *Source*: Lad, Mueller, arXiv 2307.05080.
    case softmin = "cleanlab softmin"

    func score(_ maps: PixelMaps) -> Double {
      let count = Double(max(1, maps.labels.count))
      switch self {
      case .errorRate: return maps.errorProbability.reduce(0.0) { $0 + Double($1) } / 255 / count
      case .worstPixels: return Double(maps.errorProbability.count { $0 > 127 }) / count
      case .confidence: return 1 - maps.confidence.reduce(0.0) { $0 + Double($1) } / 255 / count
      case .entropy: return maps.entropy.reduce(0.0) { $0 + Double($1) } / 255 / count
      case .softmin: return 1 - Self.softmin(maps.confidence)
      }
    }

    private static func softmin(_ quality: [UInt8]) -> Double {
      var counts = [Int](repeating: 0, count: 256)
      for value in quality { counts[Int(value)] += 1 }
      var (weighted, total) = (0.0, 0.0)
      for (value, pixels) in counts.enumerated() where pixels > 0 {
        let score = Double(value) / 255
        let weight = Double(pixels) * exp((1 - score) / 0.1)
        weighted += weight * score
        total += weight
      }
      return total == 0 ? 1 : weighted / total
    }
  }

  /// - Parameters:
  ///   - ratio: of an image's true error rate over its expected one, where the audit knows.
  ///   - regionRatios: the same of a region.
  package func summary(
    imageRatio ratio: ErrorRateRatio? = nil, regionRatios: RegionErrorRatios = RegionErrorRatios()
  ) -> EvaluationSummary {
    EvaluationSummary(
      imageCount: images.count, segmentation: segmentation(),
      detection: Detector.allCases.enumerated().map { detection($1, index: $0) },
      ranking: Ranking.allCases.enumerated().map { ranking($1, index: $0) } + orders() + [
        random(), perfect(),
      ],
      calibration: calibration(ratio), regions: regions(regionRatios),
      images: images.map {
        EvaluationSummary.Image(name: $0.name, expectedErrorRate: $0.scores[0], trueErrorRate: $0.errorRate)
      }.sorted { ($0.expectedErrorRate, $1.name) > ($1.expectedErrorRate, $0.name) })
  }

  private func segmentation() -> EvaluationSummary.Segmentation {
    let total = confusion.reduce(0, +)
    let hits = (0..<classCount).map { confusion[$0 * classCount + $0] }
    let perClass: [Double?] = (0..<classCount).map { index in
      let row = (0..<classCount).reduce(0) { $0 + confusion[index * classCount + $1] }
      let column = (0..<classCount).reduce(0) { $0 + confusion[$1 * classCount + index] }
      let union = row + column - hits[index]
      return union == 0 ? nil : Double(hits[index]) / Double(union)
    }
    let present = perClass.compactMap { $0 }
    return EvaluationSummary.Segmentation(
      pixelAccuracy: total == 0 ? .nan : Double(hits.reduce(0, +)) / Double(total),
      meanIntersectionOverUnion: present.isEmpty ? .nan : present.reduce(0, +) / Double(present.count),
      intersectionOverUnion: perClass)
  }

  private func detection(_ detector: Detector, index: Int) -> EvaluationSummary.Detection {
    var all = halves[index][0]
    all.add(halves[index][1])
    // Each half is judged with the threshold of the other.
    let counts =
      halves[index][0].binary(threshold: halves[index][1].bestThreshold)
      + halves[index][1].binary(threshold: halves[index][0].bestThreshold)
    return EvaluationSummary.Detection(
      detector: detector, averagePrecision: all.averagePrecision, areaUnderROC: all.areaUnderROC,
      f1: counts.f1,
      binaryMeanIntersectionOverUnion: counts.meanIntersectionOverUnion,
      confidentAveragePrecision: confident[index].averagePrecision,
      confidentAreaUnderROC: confident[index].areaUnderROC)
  }

  private func ranking(_ ranking: Ranking, index: Int) -> EvaluationSummary.Ranking {
    self.ranking(name: ranking.rawValue, scores: images.map { $0.scores[index] })
  }

  /// The orders that all images have a value for, but those that stand above already.
  private func orders() -> [EvaluationSummary.Ranking] {
    RankingOrder.allCases.compactMap { order in
      guard ![.expectedErrorRate, .entropy, .confidence].contains(order) else { return nil }
      let scores = images.compactMap { $0.orders[order] }
      return scores.count == images.count && !images.isEmpty
        ? ranking(name: order.rawValue, scores: scores) : nil
    }
  }

  /// What an order at random comes to on average.
  private func random() -> EvaluationSummary.Ranking {
    let wrong = images.map { Double($0.wrongPixels) }
    return EvaluationSummary.Ranking(
      ranking: "random", spearman: images.count < 2 ? .nan : 0, foundInFirst10Percent: 0.1,
      foundInFirst20Percent: 0.2,
      areaBelowPerfect: RankingCurve(scores: wrong, wrongPixels: wrong).area - 0.5)
  }

  /// The order by true error rate: what no ranking can beat in ρ.
  private func perfect() -> EvaluationSummary.Ranking {
    ranking(name: "true error rate", scores: images.map(\.errorRate))
  }

  private func ranking(name: String, scores: [Double]) -> EvaluationSummary.Ranking {
    let wrong = images.map { Double($0.wrongPixels) }
    let curve = RankingCurve(scores: scores, wrongPixels: wrong)
    let best = RankingCurve(scores: wrong, wrongPixels: wrong)
    return EvaluationSummary.Ranking(
      ranking: name, spearman: RankCorrelation.spearman(scores, images.map(\.errorRate)),
      foundInFirst10Percent: curve.found(inFirst: 0.1), foundInFirst20Percent: curve.found(inFirst: 0.2),
      areaBelowPerfect: best.area - curve.area)
  }

  private func calibration(_ ratio: ErrorRateRatio?) -> EvaluationSummary.Calibration {
    var all = halves[0][0]
    all.add(halves[0][1])
    let gaps = images.map { abs($0.estimatedErrorRate - $0.errorRate) }
    let pixels = Double(max(1, all.count))
    let inside = ratio.map { ratio in
      images.count { ErrorRateInterval(estimate: $0.scores[0], ratio: ratio).contains($0.errorRate) }
    }
    let estimate = images.reduce(0.0) { $0 + $1.estimatedErrorRate * Double($1.knownPixels) } / pixels
    return EvaluationSummary.Calibration(
      expectedCalibrationError: all.expectedCalibrationError(), bins: all.calibrationBins(),
      trueErrorRate: Double(all.wrongCount) / pixels, estimatedErrorRate: estimate,
      meanImageGap: gaps.isEmpty ? .nan : gaps.reduce(0, +) / Double(gaps.count),
      imagesInInterval: inside.map { Double($0) / Double(max(1, images.count)) },
      intervalCoverage: ratio?.coverage)
  }

  /// `nil` where no region has an interval.
  private func regions(_ ratios: RegionErrorRatios) -> EvaluationSummary.Regions? {
    guard let coverage = (ratios.worst ?? ratios.others)?.coverage else { return nil }
    /// Whether each region lies in its interval, of those that have one and a known pixel.
    func inside(_ regions: some Sequence<CalibrationCounts>, _ ratio: ErrorRateRatio?) -> [Bool] {
      regions.compactMap { region in
        guard let ratio, region.known > 0 else { return nil }
        return ErrorRateInterval(estimate: region.estimatedWrong / region.all, ratio: ratio)
          .contains(region.wrong / region.known)
      }
    }
    func share(_ inside: [Bool]) -> Double? {
      inside.isEmpty ? nil : Double(inside.count { $0 }) / Double(inside.count)
    }
    let worst = images.flatMap { inside($0.regions.prefix(1), ratios.worst) }
    let others = images.map { inside($0.regions.dropFirst(), ratios.others) }
    let all = worst + others.joined()
    guard let inInterval = share(all) else { return nil }
    return EvaluationSummary.Regions(
      count: all.count, inInterval: inInterval, worstInInterval: share(worst),
      othersInInterval: Spread(others.compactMap(share)).mean, intervalCoverage: coverage)
  }
}
