import Auditing

extension Condition {
  /// Whether a condition holds for an image, in SQL's three-valued logic.
  enum Truth {
    static let no: UInt8 = 0
    /// Because of a NULL.
    static let unknown: UInt8 = 1
    static let yes: UInt8 = 2
  }

  /// What the path of every image for which it holds begins with, in small letters a–z; empty for any beginning.
  var pathBeginning: [UInt8] {
    switch self {
    case .and(let a, let b):
      let beginnings = [a.pathBeginning, b.pathBeginning]
      return beginnings[0].count >= beginnings[1].count ? beginnings[0] : beginnings[1]
    case .comparison("path", .like, .text(let pattern)): return LikePattern(pattern).beginning
    case .comparison("path", .equal, .text(let text)): return text.utf8.map(LikePattern.small)
    case .comparison, .not, .or: return []
    }
  }

  /// The truth of the condition for each image of the block at hand.
  func truths(_ block: ImageBlocks) throws -> [UInt8] {
    switch self {
    case .not(let condition):
      var truths = try condition.truths(block)
      for index in truths.indices { truths[index] = Truth.yes - truths[index] }
      return truths
    case .and(let a, let b):
      var truths = try a.truths(block)
      guard truths.contains(where: { $0 != Truth.no }) else { return truths }
      let others = try b.truths(block)
      for index in truths.indices where others[index] < truths[index] { truths[index] = others[index] }
      return truths
    case .or(let a, let b):
      let others = try b.truths(block)
      var truths = try a.truths(block)
      for index in truths.indices where others[index] > truths[index] { truths[index] = others[index] }
      return truths
    case .comparison(let name, let operation, .number(let limit)):
      return Self.compare(try Self.numbers(named: name, block), operation, limit)
    case .comparison(_, let operation, .text(let text)):
      return Self.compare(try block.paths(), count: block.count, operation, text)
    }
  }

  private static func numbers(named name: String, _ block: ImageBlocks) throws -> [Double] {
    name == "gain_per_minute"
      ? try block.gainsPerMinute(AnnotationCost()) : try block.numbers(column(named: name).column)
  }

  private static func compare(_ values: [Double], _ operation: Operation, _ limit: Double) -> [UInt8] {
    func truths(_ holds: (Double) -> Bool) -> [UInt8] {
      values.map { $0.isNaN ? Truth.unknown : holds($0) ? Truth.yes : Truth.no }
    }
    switch operation {
    case .less: return truths { $0 < limit }
    case .lessOrEqual: return truths { $0 <= limit }
    case .greater: return truths { $0 > limit }
    case .greaterOrEqual: return truths { $0 >= limit }
    case .equal: return truths { $0 == limit }
    case .notEqual: return truths { $0 != limit }
    case .like: preconditionFailure("the parser keeps LIKE to texts")
    }
  }

  private static func compare(
    _ paths: PathColumn, count: Int, _ operation: Operation, _ text: String
  ) -> [UInt8] {
    var truths = [UInt8](repeating: Truth.no, count: count)
    if operation == .like {
      let pattern = LikePattern(text)
      paths.forEach { index, path in if pattern.matches(path) { truths[index] = Truth.yes } }
      return truths
    }
    let bytes = Array(text.utf8)
    paths.forEach { index, path in
      let isBefore = path.lexicographicallyPrecedes(bytes)
      let isEqual = !isBefore && path.elementsEqual(bytes)
      let holds =
        switch operation {
        case .less: isBefore
        case .lessOrEqual: isBefore || isEqual
        case .greater: !isBefore && !isEqual
        case .greaterOrEqual: !isBefore
        case .equal: isEqual
        case .notEqual: !isEqual
        case .like: preconditionFailure("handled above")
        }
      if holds { truths[index] = Truth.yes }
    }
    return truths
  }
}

extension ImageBlocks {
  /// As the column `gain_per_minute` of the table of images, with any costs.
  func gainsPerMinute(_ cost: AnnotationCost) throws -> [Double] {
    let (wrong, counts, lengths) = try (
      numbers("region_wrong_pixels"), numbers("region_count"), numbers("region_boundary_length")
    )
    return wrong.indices.map { index in
      60 * wrong[index]
        / (cost.perImage + cost.perRegion * counts[index] + cost.perBoundaryPixel * lengths[index])
    }
  }
}
