import AuditStore
import Auditing
import Foundation

/// `query --budget`: a set of images instead of a list.
struct BudgetedChoice {
  /// Of the budget and the candidates alike, for the table of similarities grows with the square: 1.6 GB.
  static let maximumCandidates = 20_000

  /// How many images from the top of the ranking take part if nothing else is said.
  static func candidates(budget: Int) -> Int {
    min(maximumCandidates, max(2 * budget, min(5000, max(2000, 40 * budget))))
  }

  /// In the order in which they were chosen.
  let images: [AuditedImage]
  let candidateCount: Int
  let wasCut: Bool

  init(
    store: AuditStore, run: AuditRun, query: RankingQuery, settings: SetSelection.Settings,
    candidates limit: Int? = nil
  ) throws {
    let limit = limit ?? Self.candidates(budget: settings.budget)
    var query = query
    query.limit = limit + 1
    query.limitPerFolder = nil
    let ranked = try store.rankedImages(run, query)
    let candidates = Array(ranked.prefix(limit))
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
          folder: String($0.folder))
      }, embeddings: try store.embeddings(of: candidates), settings: settings)
    images = selection.choose().map { candidates[$0] }
  }

  /// What the image is ranked by, turned so that more is worse, and never below zero.
  private static func weight(_ image: AuditedImage, _ query: RankingQuery) -> Double {
    guard let value = image.value(for: query.order, cost: query.cost) else { return 0 }
    return max(0, query.order.isAscending ? 1 - value : value)
  }
}
