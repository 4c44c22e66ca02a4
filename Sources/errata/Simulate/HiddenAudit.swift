import AuditStore
import Auditing
import Datasets
import Foundation

/// The audit of the images that are still hidden, with the truth beside it, from which rounds are chosen.
struct HiddenAudit {
  private struct Truth {
    let name: String
    var wrong = 0
    var known = 0
  }

  private let store: AuditStore
  private let run: AuditRun
  private let cost: AnnotationCost
  /// In the order of their paths.
  private let images: [AuditedImage]
  /// By path.
  private let truths: [String: Truth]

  /// - Throws: unless each of the images was audited, and for masks that cannot be read.
  init(database: URL, hidden: [Sample], of dataset: SegmentationDataset, cost: AnnotationCost) throws {
    store = try AuditStore(path: database.path, access: .readOnly)
    run = try store.run(named: nil)
    self.cost = cost
    images = try store.rankedImages(run, RankingQuery()).sorted { $0.path < $1.path }
    let sampleOf = Dictionary(uniqueKeysWithValues: hidden.map { ($0.relativePath, $0) })
    let masks = MaskReader(dataset)
    var truths: [String: Truth] = [:]
    for image in images {
      guard let sample = sampleOf[image.path], let mask = sample.mask else { continue }
      var truth = Truth(name: sample.name)
      let labels = try masks.read(mask, width: image.width, height: image.height).labels
      for (label, actual) in zip(try store.maps(of: image).labels, labels) where actual != dataset.ignoreLabel
      {
        truth.known += 1
        if label != actual { truth.wrong += 1 }
      }
      truths[image.path] = truth
    }
    guard truths.count == hidden.count else {
      throw DatasetError(
        database.path, "\(truths.count) of \(hidden.count) hidden images were audited, expected all")
    }
    self.truths = truths
  }

  /// The images of a round, counted from 1.
  func choose(_ order: AnnotationOrder, _ count: Int, round: Int, seed: UInt64) throws -> AnnotationChoice {
    var query = RankingQuery()
    query.cost = cost
    let chosen: [AuditedImage]
    switch order {
    case .random:
      let byPath = Dictionary(uniqueKeysWithValues: images.map { ($0.path, $0) })
      chosen = AnnotationDraw.round(round, count, of: images.map(\.path), seed: seed).compactMap {
        byPath[$0]
      }
    case .ranked(let ranking):
      (query.order, query.limit) = (ranking, count)
      chosen = try store.rankedImages(run, query)
    case .budget:
      chosen = try set(query, count)
    }
    return AnnotationChoice(
      images: chosen.map { describe($0, order == .random ? nil : query.order) }, hiddenImages: images.count,
      hiddenWrongPixels: truths.values.reduce(0) { $0 + $1.wrong },
      hiddenKnownPixels: truths.values.reduce(0) { $0 + $1.known })
  }

  /// As `query --budget`; where near duplicates leave the set too small, filled up from the top of the ranking.
  private func set(_ query: RankingQuery, _ count: Int) throws -> [AuditedImage] {
    let set = try BudgetedChoice(
      store: store, run: run, query: query, settings: SetSelection.Settings(budget: count)
    ).images
    let taken = Set(set.map(\.id))
    let others = try store.rankedImages(run, query).filter { !taken.contains($0.id) }
    return set + others.prefix(count - set.count)
  }

  private func describe(_ image: AuditedImage, _ order: RankingOrder?) -> AnnotationChoice.Image {
    let truth = truths[image.path] ?? Truth(name: image.path)
    return AnnotationChoice.Image(
      name: truth.name, orderValue: order.flatMap { image.value(for: $0, cost: cost) },
      expectedErrorRate: image.statistics.meanErrorProbability, wrongPixels: truth.wrong,
      knownPixels: truth.known,
      estimatedSeconds: cost.seconds(
        regions: image.regions?.count ?? 0, boundaryLength: image.regions?.boundaryLength ?? 0))
  }
}
