import AuditStore
import Auditing
import Foundation

/// What a ranking says of itself before its images: of which run, by what, and how far its estimates can be trusted.
struct RankingHeader: Encodable {
  let run: String
  let order: RankingOrder
  /// How an image's pixels become its one number.
  let aggregation: String
  let className: String?
  /// Of the annotation, where it decides.
  let cost: AnnotationCost?
  /// Where a set was chosen.
  let selection: Selection?
  /// Of the run, or of one of its classes; `nil` without a calibration.
  let errorRateInterval: ErrorRateInterval?

  struct Selection: Encodable {
    let budget: Int
    let diversity: Double
    let nearDuplicateSimilarity: Float
    let candidates: Int
  }

  init(
    run: AuditRun, query: RankingQuery, className: String?, intervals: RunIntervals, selection: Selection?
  ) {
    self.run = run.description.name
    order = query.order
    let ofClass = className.map { query.order.countsOneClass ? ", of the pixels labelled \($0)" : "" } ?? ""
    aggregation = query.order.aggregation + ofClass
    self.className = className
    cost = query.order == .gainPerMinute ? query.cost : nil
    self.selection = selection
    errorRateInterval = query.classIndex.map { intervals.byClass[$0] } ?? intervals.overall
  }

  var lines: [String] {
    var lines: [String] = []
    if let interval = errorRateInterval {
      let what = className.map { "of what is labelled \($0)" } ?? "of the run"
      lines.append("error rate \(what): \(interval.text)")
    }
    lines.append("by \(order.rawValue): \(aggregation)")
    if let cost {
      lines.append(
        "  cost: \(cost.perImage) s an image, \(cost.perRegion) s a region, \(cost.perBoundaryPixel) s a pixel of "
          + "outline")
    }
    if let selection {
      lines.append(
        "  chosen as a set of \(selection.budget) from \(selection.candidates) images, diversity "
          + "\(selection.diversity); never two with a similarity above \(selection.nearDuplicateSimilarity)")
    }
    return lines
  }
}

extension ErrorRateInterval {
  /// `6.10 %, 95 % interval 5.30 to 6.90 %`.
  var text: String {
    String(
      format: "%.2f %%, %.0f %% interval %.2f to %.2f %%", estimate * 100, coverage * 100, lower * 100,
      upper * 100)
  }
}
