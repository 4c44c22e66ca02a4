import Auditing
import Foundation

/// Which trainings a simulation consists of.
struct SimulationPlan {
  let orders: [AnnotationOrder]
  let seeds: [UInt64]
  let rounds: Int
  let perRound: Int
  let folder: URL

  /// In the order in which they are trained: round by round, so that orders can be compared before the end.
  var cells: [SimulationCell] {
    seeds.map(start)
      + (1..<rounds + 1).flatMap { round in
        seeds.flatMap { seed in orders.map { cell(seed, $0, round) } }
      }
  }

  func start(_ seed: UInt64) -> SimulationCell {
    SimulationCell(seed: seed, order: nil, round: 0, folder: folder(seed).appendingPathComponent("start"))
  }

  func cell(_ seed: UInt64, _ order: AnnotationOrder, _ round: Int) -> SimulationCell {
    SimulationCell(
      seed: seed, order: order, round: round,
      folder: folder(seed).appendingPathComponent("\(order.name)/round-\(round)"))
  }

  /// Those that go on from a cell.
  func followers(of cell: SimulationCell) -> [SimulationCell] {
    guard cell.round < rounds else { return [] }
    return (cell.order.map { [$0] } ?? orders).map { self.cell(cell.seed, $0, cell.round + 1) }
  }

  private func folder(_ seed: UInt64) -> URL { folder.appendingPathComponent("cells/seed-\(seed)") }
}

/// One training of a simulation, in a folder of its own.
struct SimulationCell {
  let seed: UInt64
  /// `nil` for the start, which all orders share.
  let order: AnnotationOrder?
  /// 0 for the start.
  let round: Int
  let folder: URL

  /// What the model is worth on the validation images; `nil` where a measure is not defined.
  struct Result: Codable {
    let meanIntersectionOverUnion: Double?
    let pixelAccuracy: Double?
  }

  enum State: String {
    case notBegun = "not begun"
    case begun
    case finished
  }

  var name: String { order.map { "seed \(seed), \($0.name), round \(round)" } ?? "seed \(seed), start" }

  var run: URL { folder.appendingPathComponent("run") }
  var model: URL { run.appendingPathComponent("model.safetensors") }
  var checkpoint: URL { run.appendingPathComponent("checkpoint.safetensors") }
  private var resultFile: URL { folder.appendingPathComponent("result.json") }
  private var choiceFile: URL { folder.appendingPathComponent("choice.json") }

  var state: State {
    let files = FileManager.default
    if files.fileExists(atPath: resultFile.path) { return .finished }
    return files.fileExists(atPath: run.path) ? .begun : .notBegun
  }

  /// `nil` before the training is done and measured.
  func result() throws -> Result? { try SimulationFile.read(resultFile) }

  func save(_ result: Result) throws { try SimulationFile.write(result, to: resultFile) }

  /// What this round revealed; `nil` before it was chosen, and for the start.
  func choice() throws -> AnnotationChoice? { try SimulationFile.read(choiceFile) }

  func save(_ choice: AnnotationChoice) throws { try SimulationFile.write(choice, to: choiceFile) }
}
