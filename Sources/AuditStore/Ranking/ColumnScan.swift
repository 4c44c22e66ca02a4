import Auditing
import GRDB

/// Finds a query's images by looking at all images of the run, column by column.
struct ColumnScan {
  /// An image that passes the filters.
  private struct Found {
    /// What it is ranked by, the least first.
    let rank: Double
    let id: Int64
    let block: Int
    let index: Int
  }

  private let query: RankingQuery
  private let blocks: ImageBlocks
  /// Of blocks that hold images of equal rank.
  private var paths: [Int: PathColumn] = [:]
  private var found: [Found] = []
  /// No image with a larger rank is among the first.
  private var largestRank = Double.infinity

  /// - Precondition: the query has a limit, and no class.
  init(run: AuditRun, query: RankingQuery, _ db: Database) throws {
    precondition(query.limit != nil && query.classIndex == nil)
    self.query = query
    blocks = try ImageBlocks(run: run.id, db)
  }

  /// The ids of the images, in order.
  ///
  /// - Complexity: O(images of the run), some tens of nanoseconds each; in memory one block, and the paths of those with images of equal rank.
  mutating func ids() throws -> [Int64] {
    for number in blocks.indices {
      try blocks.move(to: number)
      let passes = try passes()
      let ranks = try ranks()
      for index in passes.indices where passes[index] == Condition.Truth.yes && ranks[index] <= largestRank {
        found.append(Found(rank: ranks[index], id: blocks.id(index), block: number, index: index))
      }
      // The more are kept, the rarer: sorting stays cheap.
      if found.count > 4096 + 2 * (query.limit ?? 0) { try keepFirst() }
    }
    try keepFirst()
    return found.map(\.id)
  }

  private func passes() throws -> [UInt8] {
    var passes =
      try query.condition?.truths(blocks) ?? [UInt8](repeating: Condition.Truth.yes, count: blocks.count)
    if let minimum = query.minimumErrorRate {
      let rates = try blocks.numbers("mean_error_probability")
      for index in passes.indices where rates[index] < minimum { passes[index] = Condition.Truth.no }
    }
    if query.leavesOutDuplicates {
      let originals = try blocks.numbers("duplicate_of")
      for index in passes.indices where !originals[index].isNaN { passes[index] = Condition.Truth.no }
    }
    return passes
  }

  /// What the database knows too little about comes last.
  private func ranks() throws -> [Double] {
    let values =
      switch query.order {
      case .expectedErrorRate: try blocks.numbers("mean_error_probability")
      case .expectedWrongPixels: try blocks.numbers("expected_wrong_pixels")
      case .worstRegion: try blocks.numbers("worst_region_pixels")
      case .classBalanced: try blocks.numbers("balanced_error_rate")
      case .gainPerMinute: try blocks.gainsPerMinute(query.cost)
      case .entropy: try blocks.numbers("mean_entropy")
      case .margin: try blocks.numbers("mean_margin")
      case .confidence: try blocks.numbers("mean_confidence")
      }
    let isAscending = query.order.isAscending
    return values.map { $0.isNaN ? .infinity : isAscending ? $0 : -$0 }
  }

  /// Sorts what was found and drops what others keep from being among the first.
  ///
  /// Limits a folder do not change that: those of its images that were taken stay ahead, whatever else is found.
  private mutating func keepFirst() throws {
    var sorted = found
    try sorted.sort { a, b in
      if a.rank != b.rank { return a.rank < b.rank }
      return try path(a).lexicographicallyPrecedes(path(b))
    }
    var quota = FolderQuota(query)
    var kept: [Found] = []
    for item in sorted where !quota.isFull {
      if try quota.takes(String(decoding: try path(item), as: UTF8.self)) { kept.append(item) }
    }
    found = kept
    if quota.isFull, let last = found.last { largestRank = last.rank }
  }

  private mutating func path(_ item: Found) throws -> ArraySlice<UInt8> {
    if let known = paths[item.block] { return known[item.index] }
    try blocks.move(to: item.block)
    let column = try blocks.paths()
    paths[item.block] = column
    return column[item.index]
  }
}
