import Auditing
import Exchange
import Foundation
import Imaging

/// The finished cells of an experiment: one row for each place in the grid and audit, over the seeds.
struct ResultTable {
  /// A number of the table; more is better but for minutes and memory.
  struct Measure: Sendable {
    let name: String
    /// Decimal places.
    let places: Int
    let value: @Sendable (EvaluationSummary, CellCost) -> Double?
  }

  private struct Row {
    let position: [(axis: String, value: String)]
    let audit: String
    let seeds: [UInt64]
    /// By measure, one for each seed.
    let values: [[Double?]]
  }

  private let axes: [String]
  private let rows: [Row]

  /// "error" is the audit's error probability, "softmax" one minus the maximum softmax beside it.
  static let measures: [Measure] = [
    Measure(name: "mIoU", places: 4) { summary, _ in summary.segmentation.meanIntersectionOverUnion },
    Measure(name: "pixel accuracy", places: 4) { summary, _ in summary.segmentation.pixelAccuracy },
    Measure(name: "AP error", places: 4) { summary, _ in summary[.errorLocalization]?.averagePrecision },
    Measure(name: "AP softmax", places: 4) { summary, _ in summary[.confidence]?.averagePrecision },
    Measure(name: "AUROC error", places: 4) { summary, _ in summary[.errorLocalization]?.areaUnderROC },
    Measure(name: "AUROC softmax", places: 4) { summary, _ in summary[.confidence]?.areaUnderROC },
    Measure(name: "F1 error", places: 4) { summary, _ in summary[.errorLocalization]?.f1 },
    Measure(name: "F1 softmax", places: 4) { summary, _ in summary[.confidence]?.f1 },
    Measure(name: "confident AP error", places: 4) { summary, _ in
      summary[.errorLocalization]?.confidentAveragePrecision
    },
    Measure(name: "confident AP softmax", places: 4) { summary, _ in
      summary[.confidence]?.confidentAveragePrecision
    },
    Measure(name: "ρ", places: 3) { summary, _ in
      summary.ranking.first { $0.ranking == AuditEvaluation.Ranking.errorRate.rawValue }?.spearman
    },
    Measure(name: "minutes", places: 1) { _, cost in cost.trainingSeconds / 60 },
    Measure(name: "memory GB", places: 2) { _, cost in Double(cost.peakBytes) / 1e9 },
  ]

  init(cells: [ExperimentCell], audits: [Experiment.Audit]) throws {
    axes = cells.first?.position.map(\.axis) ?? []
    var order: [String] = []
    var cellsOfPlace: [String: [ExperimentCell]] = [:]
    for cell in cells {
      let place = cell.folder.deletingLastPathComponent().path
      if cellsOfPlace[place] == nil { order.append(place) }
      cellsOfPlace[place, default: []].append(cell)
    }
    rows = try order.flatMap { place in
      let cells = (cellsOfPlace[place] ?? []).filter { if case .finished = $0.state { true } else { false } }
      return try audits.map { audit in
        let found = try cells.map { (try Self.summary(of: audit, $0), $0.cost) }
        return Row(
          position: cellsOfPlace[place]?.first?.position ?? [], audit: audit.name, seeds: cells.map(\.seed),
          values: Self.measures.map { measure in
            found.map { measure.value($0.0, $0.1).flatMap { $0.isFinite ? $0 : nil } }
          })
      }
    }
  }

  private static func summary(
    of audit: Experiment.Audit, _ cell: ExperimentCell
  ) throws -> EvaluationSummary {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let url = cell.evaluation(of: audit)
    do {
      return try decoder.decode(EvaluationSummary.self, from: Data(contentsOf: url))
    } catch {
      throw SettingsError(url.path, "cannot be read: \(error)")
    }
  }

  func write(to folder: URL) throws {
    for (name, text) in [("results.md", markdown), ("results.csv", csv), ("cells.csv", cellsCSV)] {
      try AtomicFile.write(Array(text.utf8), to: folder.appendingPathComponent(name))
    }
  }
}

extension ResultTable {
  /// Mean ± sample standard deviation.
  var markdown: String {
    let head = axes + ["audit", "seeds"] + Self.measures.map(\.name)
    var lines = [Self.line(head), Self.line(head.map { _ in "---" })]
    for row in rows {
      lines.append(
        Self.line(
          row.position.map(\.value) + [row.audit, "\(row.seeds.count)"]
            + zip(Self.measures, row.values).map { measure, values in
              Spread(values.compactMap { $0 }).text(places: measure.places)
            }))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  var csv: String {
    var lines = [
      axes + ["audit", "seeds"] + Self.measures.flatMap { ["\($0.name) mean", "\($0.name) deviation"] }
    ]
    for row in rows {
      let numbers = row.values.flatMap { values in
        let spread = Spread(values.compactMap { $0 })
        return [spread.mean, spread.deviation].map { $0.map { "\($0)" } ?? "" }
      }
      lines.append(row.position.map(\.value) + [row.audit, "\(row.seeds.count)"] + numbers)
    }
    return Self.csv(lines)
  }

  /// Every cell by itself.
  var cellsCSV: String {
    var lines = [axes + ["audit", "seed"] + Self.measures.map(\.name)]
    for row in rows {
      for (index, seed) in row.seeds.enumerated() {
        let numbers = row.values.map { $0[index].map { "\($0)" } ?? "" }
        lines.append(row.position.map(\.value) + [row.audit, "\(seed)"] + numbers)
      }
    }
    return Self.csv(lines)
  }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |"
  }

  private static func csv(_ lines: [[String]]) -> String {
    lines.map { CSVRow($0).line + "\n" }.joined()
  }
}

extension EvaluationSummary {
  fileprivate subscript(detector: AuditEvaluation.Detector) -> Detection? {
    detection.first { $0.detector == detector }
  }
}
