import Datasets
import ErrorLocalization
import Foundation
import TensorCore

/// One run of `errata train`: the trainer with its log, checkpoints and progress.
final class TrainingSession {
  private let state: TrainingState
  private let trainer: Trainer
  private let folder: RunFolder
  private let labeled: SegmentationDataset
  private let checkpointEvery: Int
  private let progress: ProgressReporter
  private(set) var wasInterrupted = false

  /// - Parameter initialize: changes what a new run's networks start from; a resumed run has the checkpoint's values.
  init(
    settings: TrainingConfiguration, seed: UInt64, labeled: SegmentationDataset,
    unlabeled: SegmentationDataset?,
    folder: RunFolder, checkpointEvery: Int, initialize: (MethodNetworks) throws -> Void = { _ in }
  ) throws {
    self.folder = folder
    self.labeled = labeled
    self.checkpointEvery = checkpointEvery
    state = TrainingState(configuration: settings, classCount: labeled.classes.count, seed: seed)
    if folder.isResumed {
      try state.restore(from: folder.checkpoint)
    } else {
      try initialize(state.networks)
    }
    try ConfigurationFile.yaml(settings).write(to: folder.configuration, atomically: true, encoding: .utf8)
    try folder.truncateLog(afterStep: state.step)
    let unlabeledStart = max(0, state.step - settings.stages.supervisedSteps - settings.stages.jointSteps)
    trainer = Trainer(
      state: state, ignoreLabel: labeled.ignoreLabel,
      labeled: LabeledBatchLoader(
        labeled: labeled, batchSize: settings.data.labeledBatchSize, augmentation: settings.data.augmentation,
        seed: seed, firstBatch: state.step),
      unlabeled: unlabeled.map {
        UnlabeledBatchLoader(
          unlabeled: $0, batchSize: settings.data.unlabeledBatchSize,
          augmentation: settings.data.augmentation,
          seed: seed &+ 1, firstBatch: unlabeledStart)
      },
      folds: settings.network.crossFittingFolds > 0
        ? CrossFittingFolds(
          names: labeled.samples.map(\.name), count: settings.network.crossFittingFolds) : nil)
    progress = ProgressReporter(total: settings.stages.totalSteps, done: state.step, unit: "steps")
    Console.error(
      "\(labeled.samples.count) labelled and \(unlabeled?.samples.count ?? 0) unlabelled images, "
        + "\(labeled.classes.count) classes; \(state.networks.state.parameterCount / 1000) thousand parameters; "
        + "OpenBLAS for \(MathRuntime.openBLASCore), oneDNN \(MathRuntime.oneDNNVersion)")
  }

  func run() throws {
    let log = try FileHandle(forWritingTo: folder.log)
    defer { try? log.close() }
    try log.seekToEnd()
    let stages = state.configuration.stages
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try trainer.run { report in
      try log.write(contentsOf: encoder.encode(LogLine(report)) + Data("\n".utf8))
      progress.update(done: report.step, detail: Self.detail(report))
      let stop = Interruption.isRequested
      let isLast = report.step == stages.totalSteps
      if stop || isLast || report.step % checkpointEvery == 0 {
        try state.save(to: folder.checkpoint, notes: [:])
      }
      if report.step == stages.supervisedSteps + stages.jointSteps && !isLast {
        try writeModel(to: folder.jointModel, usesTeacher: false)
      }
      if stop && !isLast { wasInterrupted = true }
      return !stop
    }
    guard !wasInterrupted else {
      Console.error("\nstopped after step \(state.step); continue with --resume")
      return
    }
    try writeModel(to: folder.model, usesTeacher: stages.semiSupervisedSteps > 0)
    let waited = trainer.labeled.waitedSeconds + (trainer.unlabeled?.waitedSeconds ?? 0)
    Console.error(String(format: "waited %.1f s for images in all", waited))
    print(folder.model.path)
  }

  private func writeModel(to url: URL, usesTeacher: Bool) throws {
    let description = ModelDescription(
      classNames: labeled.classes.names,
      classColors: labeled.classes.colors.map { [$0.red, $0.green, $0.blue] },
      ignoreLabel: labeled.ignoreLabel,
      training: state.configuration, trainedSteps: state.step, seed: state.seed)
    try ErrorModel.write(
      state.networks, usesTeacher: usesTeacher, description: description, programVersion: Errata.version,
      to: url)
  }

  private static func detail(_ report: StepReport) -> String {
    let losses = report.losses
    var parts = [report.stage.rawValue, String(format: "sup %.3f", losses.supervised)]
    for (index, loss) in losses.auxiliary.enumerated() {
      parts.append(
        String(format: "aux%d %.3f%@", index + 1, loss, losses.auxiliaryActive[index] ? "" : " off"))
    }
    if let value = losses.errorLocalization { parts.append(String(format: "eln %.3f", value)) }
    if let value = losses.pseudoLabel { parts.append(String(format: "pseudo %.3f", value)) }
    if let value = losses.contrastive { parts.append(String(format: "contrast %.4f", value)) }
    if let value = losses.acceptedShare { parts.append(String(format: "accepted %.0f %%", value * 100)) }
    parts.append(String(format: "%.1f images/s", Double(report.imageCount) / report.durationSeconds))
    return parts.joined(separator: "  ")
  }
}

/// One line of `log.jsonl`.
private struct LogLine: Encodable {
  let step: Int
  let stage: Stage
  let total: Float
  let supervised: Float
  let auxiliary: [Float]
  let auxiliaryActive: [Bool]
  let errorLocalization: Float?
  let wrongShare: Float?
  let unseenWrongShare: Float?
  let pseudoLabel: Float?
  let pseudoLabelPlain: Float?
  let contrastive: Float?
  let contrastivePlain: Float?
  let acceptedShare: Float?
  let imagesPerSecond: Double

  init(_ report: StepReport) {
    let losses = report.losses
    step = report.step
    stage = report.stage
    total = losses.total
    supervised = losses.supervised
    auxiliary = losses.auxiliary
    auxiliaryActive = losses.auxiliaryActive
    errorLocalization = losses.errorLocalization
    wrongShare = losses.wrongShare
    unseenWrongShare = losses.unseenWrongShare
    pseudoLabel = losses.pseudoLabel
    pseudoLabelPlain = losses.pseudoLabelPlain
    contrastive = losses.contrastive
    contrastivePlain = losses.contrastivePlain
    acceptedShare = losses.acceptedShare
    imagesPerSecond = Double(report.imageCount) / report.durationSeconds
  }
}
