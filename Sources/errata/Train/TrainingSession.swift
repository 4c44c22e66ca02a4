import Datasets
import ErrorLocalization
import Foundation
import TensorCore

/// One run of `errata train`: the trainer with its log, checkpoints, validations and progress.
final class TrainingSession {
  private let state: TrainingState
  private let trainer: Trainer
  private let folder: RunFolder
  private let data: TrainingData
  private let checkpointEvery: Int
  private let progress: ProgressReporter
  private let log: TrainingLog
  private var times = StageTimes()
  private var validationTimes: [Double] = []
  private var validated: ValidationRecord
  private(set) var wasInterrupted = false

  private var stages: StageConfiguration { state.configuration.stages }

  /// - Parameter initialize: changes what a new run's networks start from; a resumed run has the checkpoint's values.
  init(
    settings: TrainingConfiguration, seed: UInt64, data: TrainingData, folder: RunFolder,
    checkpointEvery: Int,
    initialize: (MethodNetworks) throws -> Void = { _ in }
  ) throws {
    self.folder = folder
    self.data = data
    self.checkpointEvery = checkpointEvery
    let classes = data.labeled.classes
    state = TrainingState(configuration: settings, classCount: classes.count, seed: seed)
    validated = ValidationRecord(notes: folder.isResumed ? try state.restore(from: folder.checkpoint) : [:])
    if !folder.isResumed { try initialize(state.networks) }
    try ConfigurationFile.yaml(settings).write(to: folder.configuration, atomically: true, encoding: .utf8)
    log = try TrainingLog(folder, afterStep: state.step)
    trainer = Trainer(state: state, labeled: data.labeled, unlabeled: data.unlabeled)
    progress = ProgressReporter(total: settings.stages.totalSteps, done: state.step, unit: "steps")
    let unlabeledCount = data.unlabeled?.samples.count ?? 0
    let validation = data.validation.map { ", \($0.samples.count) validation images" } ?? ""
    Console.error(
      "\(data.labeled.samples.count) labelled and \(unlabeledCount) unlabelled images\(validation), "
        + "\(classes.count) classes; \(state.networks.state.parameterCount / 1000) thousand parameters; "
        + "OpenBLAS for \(MathRuntime.openBLASCore), oneDNN \(MathRuntime.oneDNNVersion)")
  }

  func run() throws {
    // A validation that the end of an earlier start cut off.
    try validateIfDue()
    if !wasInterrupted { try trainer.run(observe: observe) }
    guard !wasInterrupted else {
      Console.error("\nstopped after step \(state.step); continue with --resume")
      return
    }
    try writeModel(to: folder.model, usesTeacher: stages.semiSupervisedSteps > 0)
    let waited = trainer.labeled.waitedSeconds + (trainer.unlabeled?.waitedSeconds ?? 0)
    Console.error(String(format: "waited %.1f s for images in all", waited))
  }

  /// Returns whether to go on.
  private func observe(_ report: StepReport) throws -> Bool {
    try log.write(report)
    times.add(report.stage, seconds: report.durationSeconds)
    progress.update(
      done: report.step, detail: report.summary, secondsLeft: secondsLeft(afterStep: report.step))
    try validateIfDue()
    let isLast = report.step == stages.totalSteps
    if Interruption.isRequested && !isLast { wasInterrupted = true }
    if wasInterrupted || isLast || report.step % checkpointEvery == 0 {
      try state.save(to: folder.checkpoint, notes: validated.notes)
    }
    if report.step == stages.start(of: .semiSupervised) && !isLast {
      try writeModel(to: folder.jointModel, usesTeacher: false)
    }
    return !wasInterrupted
  }

  private func secondsLeft(afterStep step: Int) -> Double? {
    guard let left = times.secondsLeft(afterStep: step, of: stages) else { return nil }
    guard data.validation != nil, !validationTimes.isEmpty else { return left }
    let due = (step + 1..<stages.totalSteps + 1).count {
      state.configuration.validation.isDue(afterStep: $0, of: stages)
    }
    return left + Double(due) * validationTimes.reduce(0, +) / Double(validationTimes.count)
  }

  /// Validates the networks as they are, unless that was done for this step.
  private func validateIfDue() throws {
    let step = state.step
    guard let dataset = data.validation, step > validated.lastStep,
      state.configuration.validation.isDue(afterStep: step, of: stages)
    else { return }
    let stage = stages.stage(ofStep: step - 1)
    let result = try Validator(dataset: dataset).measure(
      state, stage: stage, description: ModelDescription(state, of: data.labeled),
      shouldStop: { Interruption.isRequested })
    guard let result else {
      wasInterrupted = true
      return
    }
    validationTimes.append(result.durationSeconds)
    let isBest = validated.add(result)
    try log.write(result)
    Console.error(
      "\n" + ValidationTable(result: result, classes: dataset.classes.names, isBest: isBest).text)
    if isBest { try writeModel(to: folder.bestModel, usesTeacher: stage == .semiSupervised) }
  }

  private func writeModel(to url: URL, usesTeacher: Bool) throws {
    let stage = state.configuration.stages.stage(ofStep: state.step - 1)
    try ErrorModel.write(
      state.networks, usesTeacher: usesTeacher, judgesErrors: stage != .supervised,
      description: ModelDescription(state, of: data.labeled), programVersion: Errata.version, to: url)
  }
}

extension ModelDescription {
  /// Of the networks as they are.
  init(_ state: TrainingState, of dataset: SegmentationDataset) {
    self.init(
      classNames: dataset.classes.names,
      classColors: dataset.classes.colors.map { [$0.red, $0.green, $0.blue] },
      ignoreLabel: dataset.ignoreLabel, training: state.configuration, trainedSteps: state.step,
      seed: state.seed)
  }
}

extension StepReport {
  /// The losses on one line.
  fileprivate var summary: String {
    var parts = [stage.rawValue, String(format: "sup %.3f", losses.supervised)]
    for (index, loss) in losses.auxiliary.enumerated() {
      parts.append(
        String(format: "aux%d %.3f%@", index + 1, loss, losses.auxiliaryActive[index] ? "" : " off"))
    }
    if let value = losses.errorLocalization { parts.append(String(format: "eln %.3f", value)) }
    if let value = losses.pseudoLabel { parts.append(String(format: "pseudo %.3f", value)) }
    if let value = losses.contrastive { parts.append(String(format: "contrast %.4f", value)) }
    if let value = losses.acceptedShare { parts.append(String(format: "accepted %.0f %%", value * 100)) }
    parts.append(String(format: "%.1f images/s", Double(imageCount) / durationSeconds))
    return parts.joined(separator: "  ")
  }
}
