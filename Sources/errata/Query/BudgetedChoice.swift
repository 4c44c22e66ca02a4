import AuditStore
import Auditing
import Foundation

/// `query --budget`: a set of images instead of a list.
struct BudgetedChoice {
  /// So many images from the top of the ranking take part, for the table of their similarities grows with the square.
  static let maximumCandidates = 5000

  /// In the order in which they were chosen.
  let images: [AuditedImage]
  let candidateCount: Int
  let wasCut: Bool

  init(
    store: AuditStore, run: AuditRun, query: RankingQuery, settings: SetSelection.Settings
  ) throws {
    var query = query
    query.limit = Self.maximumCandidates + 1
    query.limitPerFolder = nil
    let ranked = try store.rankedImages(run, query)
    let candidates = Array(ranked.prefix(Self.maximumCandidates))
    wasCut = ranked.count > candidates.count
    candidateCount = candidates.count
    guard !candidates.isEmpty else {
      images = []
      return
    }
    let selection = SetSelection(
      candidates.map {
        SetSelection.Candidate(
          weight: Self.weight($0, query), original: $0.original ?? $0.id,
          folder: ($0.path as NSString).deletingLastPathComponent)
      }, embeddings: try store.embeddings(of: candidates), settings: settings)
    images = selection.choose().map { candidates[$0] }
  }

  /// What the image is ranked by, turned so that more is worse, and never below zero.
  private static func weight(_ image: AuditedImage, _ query: RankingQuery) -> Double {
    guard let value = image.value(for: query.order, cost: query.cost) else { return 0 }
    return max(0, query.order.isAscending ? 1 - value : value)
  }
}
