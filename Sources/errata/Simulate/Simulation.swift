import Auditing
import Datasets
import ErrorLocalization
import Foundation
import TensorCore

/// Plays rounds of annotation: train, audit what is hidden, choose, reveal, train again from scratch.
///
/// What is finished is on disk and never done again: trainings with `result.json`, choices with `choice.json`.
struct Simulation {
  let plan: SimulationPlan
  let images: SimulatedImages
  let settings: TrainingConfiguration
  let cost: AnnotationCost
  /// Labelled images by which each model is calibrated before it audits.
  let calibration: SimulatedCalibration?
  /// Changes what the networks start from.
  let initialize: (MethodNetworks) throws -> Void

  private static let checkpointEvery = 100

  /// - Parameter progressed: called after each training, when the next images are chosen.
  /// - Throws: `ExitStatus.interrupted` where Ctrl-C stopped it.
  func run(progressed: () throws -> Void) throws {
    let cells = plan.cells
    for (index, cell) in cells.enumerated() {
      let isNew = cell.state != .finished
      if isNew {
        guard !Interruption.isRequested else { throw ExitStatus.interrupted }
        let annotated = try annotated(cell)
        Console.error(
          "training \(index + 1) of \(cells.count): \(cell.name), \(annotated.count) annotated images")
        try train(cell, annotated: annotated)
      }
      if try chooseForFollowers(of: cell) || isNew { try progressed() }
    }
  }

  /// The names of all images that are annotated when a cell is trained.
  private func annotated(_ cell: SimulationCell) throws -> Set<String> {
    var names = Set(images.start(seed: cell.seed))
    guard let order = cell.order else { return names }
    for round in 1..<cell.round + 1 {
      let earlier = plan.cell(cell.seed, order, round)
      guard let choice = try earlier.choice() else {
        throw SettingsError(earlier.folder.path, "nothing was chosen for \(earlier.name)")
      }
      names.formUnion(choice.images.map(\.name))
    }
    return names
  }

  private func train(_ cell: SimulationCell, annotated: Set<String>) throws {
    let files = FileManager.default
    if !files.fileExists(atPath: cell.model.path) {
      let folder = try RunFolder(cell.run, resume: files.fileExists(atPath: cell.checkpoint.path))
      let session = try TrainingSession(
        settings: settings, seed: cell.seed,
        data: images.trainingData(
          annotated: annotated, usesUnlabeled: settings.stages.semiSupervisedSteps > 0), folder: folder,
        checkpointEvery: Self.checkpointEvery, initialize: initialize)
      try session.run()
      if session.wasInterrupted { throw ExitStatus.interrupted }
    }
    let measured = try Validator(dataset: images.validation).evaluate(
      ErrorModel(contentsOf: cell.model), estimator: .confidence, shouldStop: { Interruption.isRequested })
    // What a training and whole images needed is of no use to the audit, another process.
    BufferPool.shared.trim()
    guard let segmentation = measured?.segmentation else { throw ExitStatus.interrupted }
    try cell.save(
      SimulationCell.Result(
        meanIntersectionOverUnion: segmentation.meanIntersectionOverUnion.ifNumber,
        pixelAccuracy: segmentation.pixelAccuracy.ifNumber))
    try? files.removeItem(at: cell.checkpoint)
  }

  /// Audits the hidden images by the cell's model, once for all orders that go on from it.
  ///
  /// - Returns: whether there was something to choose.
  private func chooseForFollowers(of cell: SimulationCell) throws -> Bool {
    let open = try plan.followers(of: cell).filter { try $0.choice() == nil }
    guard !open.isEmpty else { return false }
    guard !Interruption.isRequested else { throw ExitStatus.interrupted }
    let hidden = images.hidden(without: try annotated(cell))
    let work = cell.folder.appendingPathComponent("audit")
    let database = try audit(hidden, by: cell, in: work)
    let audit = try HiddenAudit(database: database, hidden: hidden, of: images.dataset, cost: cost)
    for next in open {
      guard let order = next.order else { continue }
      try next.save(audit.choose(order, plan.perRound, round: next.round, seed: next.seed))
    }
    // The maps of all hidden images, for every training: too much to keep.
    try FileManager.default.removeItem(at: work)
    return true
  }

  /// - Parameter work: a folder for links to the images, and for the database.
  private func audit(_ hidden: [Sample], by cell: SimulationCell, in work: URL) throws -> URL {
    let files = FileManager.default
    let links = work.appendingPathComponent("hidden")
    try? files.removeItem(at: links)
    for sample in hidden {
      let link = links.appendingPathComponent(sample.relativePath)
      try files.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
      try files.createSymbolicLink(at: link, withDestinationURL: sample.image.standardizedFileURL)
    }
    let database = work.appendingPathComponent("audit.sqlite")
    var steps: [[String]] = []
    if let calibration {
      steps.append(calibration.arguments(model: cell.model, ignoreLabel: images.dataset.ignoreLabel))
    }
    steps.append(["audit", links.path, "--model", cell.model.path, "--database", database.path])
    for arguments in steps {
      let output = work.appendingPathComponent("output.txt")
      let outcome = try ChildProcess.run(arguments, output: output)
      if Interruption.isRequested { throw ExitStatus.interrupted }
      guard outcome.exitCode == 0 else {
        throw ChildProcess.Failure(
          description: "\(cell.name): errata \(arguments[0]) ended with exit code \(outcome.exitCode)")
      }
    }
    return database
  }
}
