import Auditing
import GRDB

/// Finds a query's images by looking at all images of the run, column by column.
struct ColumnScan {
  /// An image that passes the filters.
  fileprivate struct Found {
    /// What it is ranked by, the least first.
    let rank: Double
    let block: Int32
    let index: Int32
    let id: Int64
  }

  private let query: RankingQuery
  private let blocks: ImageBlocks
  private let order: FoundOrder
  private var found: [Found] = []
  /// The last of the first, once there are as many as the query wants.
  private var last: Found?

  /// - Precondition: the query has a limit.
  init(run: AuditRun, query: RankingQuery, _ db: Database) throws {
    precondition(query.limit != nil)
    self.query = query
    blocks = try ImageBlocks(run: run.id, db)
    // With a block at hand of its own.
    order = FoundOrder(
      try ImageBlocks(run: run.id, db), byID: query.classIndex != nil && query.order.countsOneClass)
  }

  /// The ids of the images, in order; equal ones by path, or by id where they are ranked by a class's own numbers.
  ///
  /// - Complexity: O(images of the run), some tens of nanoseconds each; in memory one block, and the paths of blocks
  ///   that hold images of equal rank.
  mutating func ids() throws -> [Int64] {
    let beginning = query.condition?.pathBeginning ?? []
    for number in blocks.indices where blocks.mayHold(beginning, at: number) {
      try blocks.move(to: number)
      var passes = try passes()
      guard passes.contains(Condition.Truth.yes) else { continue }
      var ranks = try ranks()
      if let classIndex = query.classIndex { try choose(classIndex, &passes, &ranks) }
      for index in passes.indices
      where passes[index] == Condition.Truth.yes && ranks[index] <= last?.rank ?? .infinity {
        let item = Found(
          rank: ranks[index], block: Int32(number), index: Int32(index), id: blocks.id(index))
        if let last, item.rank == last.rank, try order.precedes(last, item) { continue }
        found.append(item)
      }
      // The more are kept, the rarer: sorting stays cheap.
      if found.count > 4096 + 2 * (query.limit ?? 0) { try keepFirst() }
    }
    try keepFirst()
    return found.map(\.id)
  }

  /// Sorts what was found and drops what others keep from being among the first.
  ///
  /// Limits a folder do not change that: those of its images that were taken stay ahead, whatever else is found.
  private mutating func keepFirst() throws {
    var sorted = found
    try sorted.sort(by: order.precedes)
    var quota = FolderQuota(query)
    found = []
    for item in sorted where !quota.isFull {
      if try quota.takes(String(decoding: try order.path(item), as: UTF8.self)) { found.append(item) }
    }
    if quota.isFull { last = found.last }
  }

  private func passes() throws -> [UInt8] {
    var passes =
      try query.condition?.truths(blocks) ?? [UInt8](repeating: Condition.Truth.yes, count: blocks.count)
    // With a class it is the class's error rate.
    if let minimum = query.minimumErrorRate, query.classIndex == nil {
      let rates = try blocks.numbers("mean_error_probability")
      for index in passes.indices where rates[index] < minimum { passes[index] = Condition.Truth.no }
    }
    if query.leavesOutDuplicates {
      let originals = try blocks.numbers("duplicate_of")
      for index in passes.indices where !originals[index].isNaN { passes[index] = Condition.Truth.no }
    }
    return passes
  }

  /// Leaves images that hold the class, and ranks them by its numbers where the order counts one class.
  private func choose(_ classIndex: Int, _ passes: inout [UInt8], _ ranks: inout [Double]) throws {
    var holdsClass = [Bool](repeating: false, count: passes.count)
    try blocks.forEachImage(ofClass: classIndex) { index, pixels, wrong in
      let rate = wrong / pixels
      holdsClass[index] = rate >= query.minimumErrorRate ?? 0
      switch query.order {
      case .expectedErrorRate: ranks[index] = -rate
      case .expectedWrongPixels: ranks[index] = -wrong
      default: break
      }
    }
    for index in passes.indices where !holdsClass[index] { passes[index] = Condition.Truth.no }
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
}

/// The order of images that were found. A block's paths are read when one is first asked for, and kept.
private final class FoundOrder {
  private let blocks: ImageBlocks
  private let byID: Bool
  private var paths: [Int32: PathColumn] = [:]

  /// - Parameter byID: whether that is the order of equal ones; else by path.
  init(_ blocks: ImageBlocks, byID: Bool) { (self.blocks, self.byID) = (blocks, byID) }

  func path(_ found: ColumnScan.Found) throws -> ArraySlice<UInt8> {
    if let column = paths[found.block] { return column[Int(found.index)] }
    try blocks.move(to: Int(found.block))
    let column = try blocks.paths()
    paths[found.block] = column
    return column[Int(found.index)]
  }

  func precedes(_ a: ColumnScan.Found, _ b: ColumnScan.Found) throws -> Bool {
    if a.rank != b.rank { return a.rank < b.rank }
    return try byID ? a.id < b.id : path(a).lexicographicallyPrecedes(path(b))
  }
}
