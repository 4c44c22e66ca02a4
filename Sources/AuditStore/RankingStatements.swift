import Auditing
import GRDB

/// The SQL behind a ranking.
///
/// SQLite knows neither how many images pass a filter, nor that they are mostly at the top of every order: left alone, it
/// takes the filter's index and sorts all that pass, or walks along the order for as long as it takes. So a limited query
/// with filters is answered in one of three ways, whichever comes first:
///
/// 1. A filter with an index that few images pass (`selections`) gives them, and they are sorted.
/// 2. The top of the order holds enough images that pass (`walk`).
/// 3. Everything that a filter can ask is read from one narrow index (`scan`), and only the images found are looked up.
struct RankingStatements {
  typealias Statement = (text: String, arguments: StatementArguments)

  let run: AuditRun
  let query: RankingQuery

  /// Images by their paths, with all that conditions may ask.
  private static let narrowIndex = "images_by_path_with_numbers"

  /// All that pass, in order; to be read one after the other.
  ///
  /// - Parameter index: the one to find images by; `nil` leaves the choice to SQLite.
  func ordered(by index: String? = nil) -> [Statement] {
    parts.map { part in
      var (text, arguments) = images(index: index)
      if let filter = filter(on: .table) {
        text += " AND " + filter.text
        arguments += filter.arguments
      }
      text += part.condition + " ORDER BY " + part.order
      if let limit = query.limit, query.limitPerFolder == nil {
        text += " LIMIT ?"
        arguments += [limit]
      }
      return (text, arguments)
    }
  }

  /// The images from the top of the order, each with whether it passes the filters (`passes`); `nil` for a query without
  /// limit, filters, or an index of its order.
  var walk: [Statement]? {
    guard query.limit != nil, let filter = filter(on: .table), hasIndexedOrder else { return nil }
    // By class there is no scan, and what has no index SQLite finds along the order itself.
    guard
      query.classIndex == nil || query.minimumErrorRate != nil || query.condition?.asksIndexedColumn == true
    else { return nil }
    return parts.map { part in
      let images = images(columns: ", (\(filter.text)) AS passes")
      return (
        images.text + part.condition + " ORDER BY \(part.order) LIMIT ?",
        filter.arguments + images.arguments + [query.walkLimit]
      )
    }
  }

  /// `id` and `path` of all that pass, in order, without a look at the table; `nil` where it is no shorter way.
  var scan: Statement? {
    guard query.limit != nil, query.classIndex == nil, filter(on: .narrowIndex) != nil || !hasIndexedOrder
    else { return nil }
    // Failed images have no numbers.
    var text =
      "SELECT id, path FROM images INDEXED BY \(Self.narrowIndex) WHERE run_id = ? "
      + "AND mean_error_probability IS NOT NULL"
    var arguments: StatementArguments = [run.id]
    if query.leavesOutDuplicates { text += " AND duplicate_of IS NULL" }
    for part in [query.condition?.pathRange, filter(on: .narrowIndex)].compactMap(\.self) {
      text += " AND " + part.text
      arguments += part.arguments
    }
    text += " ORDER BY \(value(on: .narrowIndex)), path"
    if let limit = query.limit, query.limitPerFolder == nil {
      text += " LIMIT ?"
      arguments += [limit]
    }
    return (text, arguments)
  }

  /// An image that `scan` found, by its id.
  var imageByID: String { "SELECT images.*\(worstRegionArea) FROM images WHERE id = ?" }

  /// Counts that show whether a filter that must hold gives few images: 1 where more than `selectiveLimit` pass it.
  ///
  /// - Returns: each with the index by which `ordered` finds them; `nil` where `scan` does.
  var selections: [(index: String?, hasMany: Statement)] {
    guard query.limit != nil, query.classIndex == nil else { return [] }
    var filters: [(index: String, condition: Statement)] = []
    if let range = query.condition?.pathRange { filters.append((Self.narrowIndex, range)) }
    if let minimum = query.minimumErrorRate {
      filters.append(("images_by_error_rate", ("mean_error_probability >= ?", [minimum])))
    }
    for part in query.condition?.conjuncts ?? [] {
      if let index = part.rangeIndex { filters.append((index, part.sql(on: .table))) }
    }
    return filters.map { index, condition in
      let text =
        "SELECT count(*) > \(query.selectiveLimit) FROM (SELECT 1 FROM images INDEXED BY \(index) "
        + "WHERE run_id = ? AND \(condition.text) LIMIT \(query.selectiveLimit + 1))"
      return (index == Self.narrowIndex ? nil : index, (text, [run.id] + condition.arguments))
    }
  }

  /// The run's audited images, of which more can be asked.
  private func images(columns: String = "", index: String? = nil) -> Statement {
    var arguments: StatementArguments = []
    var sql = "SELECT images.*" + worstRegionArea
    if let index = query.classIndex {
      sql += """
        , c.predicted_pixels AS class_pixels, c.expected_wrong_pixels AS class_wrong\(columns) FROM images
        JOIN image_classes c ON c.image_id = images.id AND c.run_id = ? AND c.class_index = ?
        """
      arguments += [run.id, index]
    } else {
      sql += "\(columns) FROM images" + (index.map { " INDEXED BY \($0)" } ?? "")
    }
    sql += " WHERE images.run_id = ? AND status = 'done'"
    arguments += [run.id]
    if query.leavesOutDuplicates { sql += " AND duplicate_of IS NULL" }
    return (sql, arguments)
  }

  /// A look-up an image: only for those who ask about regions.
  private var worstRegionArea: String {
    guard query.order == .worstRegion else { return "" }
    return """
      , (SELECT area_pixels FROM regions
        WHERE image_id = images.id AND regions.expected_wrong_pixels = images.worst_region_pixels LIMIT 1)
      AS worst_region_area
      """
  }

  /// What an image must fulfil besides; `nil` for nothing.
  private func filter(on source: Condition.Source) -> Statement? {
    var parts: [String] = []
    var arguments: StatementArguments = []
    if let minimum = query.minimumErrorRate {
      parts.append((query.classIndex == nil ? "mean_error_probability" : "c.expected_error_rate") + " >= ?")
      arguments += [minimum]
    }
    if let condition = query.condition?.sql(on: source) {
      parts.append("(\(condition.text))")
      arguments += condition.arguments
    }
    return parts.isEmpty ? nil : (parts.joined(separator: " AND "), arguments)
  }

  /// The column with its index holds the default costs.
  private var hasIndexedOrder: Bool { query.order != .gainPerMinute || query.cost == AnnotationCost() }

  /// The order in pieces that follow each other. Images whose margin is not known (of older databases) come last by their
  /// paths, where one statement would sort them all.
  private var parts: [(condition: String, order: String)] {
    guard query.order == .margin else { return [("", order)] }
    return [
      (" AND mean_margin IS NOT NULL", "mean_margin, path"),
      // The sign keeps SQLite from the margins' index, which does not know the paths' order.
      (" AND +mean_margin IS NULL", "path"),
    ]
  }

  /// Equal ones by path. By a class's own numbers, in the order in which they were audited: its index has no paths, and
  /// many images may be wrong in all pixels of a rare class.
  private var order: String {
    "\(value(on: .table)), " + (query.classIndex != nil && query.order.countsOneClass ? "c.image_id" : "path")
  }

  /// Images that a database of an older version knows too little about come last.
  private func value(on source: Condition.Source) -> String {
    let hasClass = query.classIndex != nil
    switch query.order {
    case .expectedErrorRate:
      return hasClass ? "c.expected_error_rate DESC" : "mean_error_probability DESC"
    case .expectedWrongPixels:
      return hasClass ? "c.expected_wrong_pixels DESC" : "images.expected_wrong_pixels DESC"
    case .worstRegion: return "worst_region_pixels DESC"
    case .classBalanced: return "balanced_error_rate DESC"
    case .gainPerMinute:
      let cost = query.cost
      guard cost != AnnotationCost() else { return Condition.gainPerMinute(on: source) + " DESC" }
      return "region_wrong_pixels / (\(cost.perImage) + \(cost.perRegion) * region_count + "
        + "\(cost.perBoundaryPixel) * region_boundary_length) DESC"
    case .entropy: return "mean_entropy DESC"
    case .margin: return "mean_margin ASC NULLS LAST"
    case .confidence: return "mean_confidence"
    }
  }
}
