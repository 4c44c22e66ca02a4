import Auditing
import GRDB

/// The SQL behind a ranking.
///
/// SQLite knows neither how many images pass a filter, nor that they are mostly at the top of every order: left alone, it
/// takes the filter's index and sorts all that pass, or walks along the order for as long as it takes. So a limited query
/// with filters is answered from the top of the order (`walk`), and where that holds too few images that pass, by
/// columns (`ColumnScan`).
struct RankingStatements {
  typealias Statement = (text: String, arguments: StatementArguments)

  let run: AuditRun
  let query: RankingQuery

  /// All that pass, in order; to be read one after the other.
  var ordered: [Statement] {
    parts.map { part in
      var (text, arguments) = images()
      if let filter {
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
    guard query.limit != nil, let filter, hasIndexedOrder else { return nil }
    return parts.map { part in
      let images = images(columns: ", (\(filter.text)) AS passes")
      return (
        images.text + part.condition + " ORDER BY \(part.order) LIMIT ?",
        filter.arguments + images.arguments + [query.walkLimit]
      )
    }
  }

  /// Whether SQLite would have to look at more images than it gives.
  var isForScan: Bool { query.limit != nil && (filter != nil || !hasIndexedOrder) }

  /// An image that was found by columns (`arguments(id:)`).
  var imageByID: String {
    "SELECT images.*\(worstRegionArea)\(classColumns) FROM images"
      + (query.classIndex == nil
        ? "" : " JOIN image_classes c ON c.image_id = images.id AND c.class_index = ?")
      + " WHERE images.id = ?"
  }

  func arguments(id: Int64) -> StatementArguments {
    (query.classIndex.map { [$0] } ?? []) + [id]
  }

  /// The run's audited images, of which more can be asked.
  private func images(columns: String = "") -> Statement {
    var arguments: StatementArguments = []
    var sql = "SELECT images.*" + worstRegionArea
    if let index = query.classIndex {
      sql += """
        \(classColumns)\(columns) FROM images
        JOIN image_classes c ON c.image_id = images.id AND c.run_id = ? AND c.class_index = ?
        """
      arguments += [run.id, index]
    } else {
      sql += "\(columns) FROM images"
    }
    sql += " WHERE images.run_id = ? AND status = 'done'"
    arguments += [run.id]
    if query.leavesOutDuplicates { sql += " AND duplicate_of IS NULL" }
    return (sql, arguments)
  }

  private var classColumns: String {
    guard query.classIndex != nil else { return "" }
    return ", c.predicted_pixels AS class_pixels, c.expected_wrong_pixels AS class_wrong"
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
  private var filter: Statement? {
    var parts: [String] = []
    var arguments: StatementArguments = []
    if let minimum = query.minimumErrorRate {
      parts.append((query.classIndex == nil ? "mean_error_probability" : "c.expected_error_rate") + " >= ?")
      arguments += [minimum]
    }
    if let condition = query.condition?.sql {
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
    "\(value), " + (query.classIndex != nil && query.order.countsOneClass ? "c.image_id" : "path")
  }

  /// Images that a database of an older version knows too little about come last.
  private var value: String {
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
      guard cost != AnnotationCost() else { return "images.gain_per_minute DESC" }
      return "60.0 * region_wrong_pixels / (\(cost.perImage) + \(cost.perRegion) * region_count + "
        + "\(cost.perBoundaryPixel) * region_boundary_length) DESC"
    case .entropy: return "mean_entropy DESC"
    case .margin: return "mean_margin ASC NULLS LAST"
    case .confidence: return "mean_confidence"
    }
  }
}
