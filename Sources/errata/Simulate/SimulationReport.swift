import Auditing
import Exchange
import Foundation
import Imaging
import Reporting

/// What a simulation has found so far.
struct SimulationReport {
  private let document: Document
  private let rounds: [SimulatedRound]
  private let plan: SimulationPlan

  private struct Document: Encodable {
    struct Cell: Encodable {
      let seed: UInt64
      let order: String?
      let round: Int
      let annotatedImages: Int
      let meanIntersectionOverUnion: Double?
      let pixelAccuracy: Double?
      let choice: AnnotationChoice?
    }

    let startImages: Int
    let poolImages: Int
    let validationImages: Int
    let rounds: Int
    let perRound: Int
    let orders: [String]
    let seeds: [UInt64]
    let isComplete: Bool
    let cells: [Cell]
    let summary: SimulationSummary
  }

  init(_ plan: SimulationPlan, images: SimulatedImages) throws {
    self.plan = plan
    // What was chosen is known before the training is done.
    rounds = try plan.cells.compactMap { cell in
      let (result, choice) = (try cell.result(), try cell.choice())
      guard result != nil || choice != nil else { return nil }
      return SimulatedRound(
        seed: cell.seed, order: cell.order, round: cell.round,
        annotatedImages: images.startCount + cell.round * plan.perRound,
        meanIntersectionOverUnion: result?.meanIntersectionOverUnion, pixelAccuracy: result?.pixelAccuracy,
        choice: choice)
    }
    document = Document(
      startImages: images.startCount, poolImages: images.poolCount,
      validationImages: images.validation.samples.count, rounds: plan.rounds, perRound: plan.perRound,
      orders: plan.orders.map(\.name), seeds: plan.seeds,
      isComplete: plan.cells.allSatisfy { $0.state == .finished },
      cells: rounds.map {
        Document.Cell(
          seed: $0.seed, order: $0.order?.name, round: $0.round, annotatedImages: $0.annotatedImages,
          meanIntersectionOverUnion: $0.meanIntersectionOverUnion, pixelAccuracy: $0.pixelAccuracy,
          choice: $0.choice)
      }, summary: SimulationSummary(rounds, orders: plan.orders))
  }

  func json() throws -> String { try SimulationFile.json(document) }

  /// Into the output folder, each file by renaming.
  func write() throws {
    for (name, text) in [
      ("simulation.json", try json()), ("simulation.csv", csv), ("simulation.svg", plot),
      ("simulation-wrong-pixels.svg", wrongPixelsPlot),
    ] { try AtomicFile.write(Array(text.utf8), to: plan.folder.appendingPathComponent(name)) }
  }

  /// One line a training, done or chosen for.
  private var csv: String {
    let head = [
      "seed", "order", "round", "annotatedImages", "meanIntersectionOverUnion", "pixelAccuracy",
      "chosenImages",
      "wrongPixels", "errorRate", "shareOfWrongPixels", "wrongPixelsPerMinute",
    ]
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let lines = rounds.map { round in
      let choice = round.choice
      return [
        "\(round.seed)", round.order?.name ?? "start", "\(round.round)", "\(round.annotatedImages)",
        text(round.meanIntersectionOverUnion), text(round.pixelAccuracy), "\(choice?.images.count ?? 0)",
        "\(choice?.wrongPixels ?? 0)", text(choice?.errorRate), text(choice?.shareOfWrongPixels),
        text(choice?.wrongPixelsPerMinute),
      ]
    }
    return ([head] + lines).map { CSVRow($0).line + "\n" }.joined()
  }
}

extension SimulationReport {
  private var plot: String {
    series("mIoU, \(document.validationImages) validation images", factor: 1, \.meanIntersectionOverUnion)
  }

  private var wrongPixelsPlot: String {
    series(
      "Of the hidden images' wrong pixels, in the images just chosen, %", factor: 100, \.shareOfWrongPixels)
  }

  private func series(
    _ title: String, factor: Double, _ value: (SimulationSummary.Row) -> Spread
  ) -> String {
    SeriesPlot(
      series: plan.orders.map { order in
        SeriesPlot.Series(
          name: order.name,
          points: document.summary.rows.filter { $0.order == order.name }.compactMap { row in
            let spread = value(row).times(factor)
            return spread.mean.map {
              SeriesPlot.Point(x: Double(row.annotatedImages), mean: $0, deviation: spread.deviation)
            }
          })
      }, xTitle: "Annotated images", yTitle: title, decimals: factor == 1 ? 2 : 0
    ).svg()
  }

  /// A block for each measure, a line for each order.
  var text: String {
    let seeds = plan.seeds.count
    let over = seeds == 1 ? "one seed" : "mean ± standard deviation over \(seeds) seeds"
    var blocks = [
      block(
        "mIoU on \(document.validationImages) validation images (\(over))", places: 4, factor: 1,
        \.meanIntersectionOverUnion),
      block(
        "Of the wrong pixels of all hidden images, those in the images just chosen, %", places: 1,
        factor: 100,
        \.shareOfWrongPixels),
      block("Wrong pixels of the images just chosen, %", places: 1, factor: 100, \.errorRateOfChosen),
      block(
        "Wrong pixels for a minute of annotation, by the cost model", places: 0, factor: 1,
        \.wrongPixelsPerMinute),
    ]
    let gains = document.summary.gainsOverRandom
    if !gains.isEmpty {
      let width = gains.map(\.order.count).max() ?? 0
      blocks.append(
        (["mIoU above that of random choice, mean over the rounds, same seeds"]
          + gains.map {
            "  " + $0.order.padded(to: width) + "  " + $0.meanIntersectionOverUnion.text(places: 4)
          })
          .joined(separator: "\n"))
    }
    return blocks.joined(separator: "\n\n")
  }

  private func block(
    _ title: String, places: Int, factor: Double, _ value: (SimulationSummary.Row) -> Spread
  ) -> String {
    let first = document.startImages
    let columns = (0..<plan.rounds + 1).map { first + $0 * plan.perRound }
    let width = max(16, plan.orders.map(\.name.count).max() ?? 0)
    let cells = plan.orders.map { order in
      columns.map { column in
        let row = document.summary.rows.first {
          $0.order == order.name && $0.annotatedImages == column
        }
        return row.map { value($0).times(factor).text(places: places) } ?? "–"
      }
    }
    // What a choice is worth is not known for the start.
    let shown = columns.indices.filter { index in cells.contains { $0[index] != "–" } }
    let lines = zip(plan.orders, cells).map { order, texts in
      "  " + order.name.padded(to: width) + shown.map { "  " + texts[$0].aligned(to: 16) }.joined()
    }
    let head =
      "  " + "annotated images".padded(to: width)
      + shown.map { "  " + "\(columns[$0])".aligned(to: 16) }.joined()
    return ([title, head] + lines).joined(separator: "\n")
  }
}
