import Datasets
import Foundation
import NeuralNetwork
import TensorCore

/// What happened in one step.
package struct StepReport: Sendable {
  /// Counted from 1.
  package let step: Int
  package let stage: Stage
  package let losses: StepLosses
  package let imageCount: Int
  package let durationSeconds: Double
  /// Of the decoders; the encoders' is this times `encoderLearningRateFactor`.
  package let learningRate: Float
  /// Of all gradients together, before clipping; `nil` without clipping.
  package let gradientNorm: Float?
}

package enum TrainingError: Error, CustomStringConvertible {
  /// `quantity`: the loss, or the norm of the gradients.
  case notFinite(quantity: String, value: Float, step: Int, labeled: [String], unlabeled: [String])

  package var description: String {
    switch self {
    case .notFinite(let quantity, let value, let step, let labeled, let unlabeled):
      "step \(step): the \(quantity) is \(value), expected a finite number; labelled images: "
        + labeled.joined(separator: ", ")
        + (unlabeled.isEmpty ? "" : "; unlabelled images: " + unlabeled.joined(separator: ", "))
        + ". A smaller learning rate usually helps; the last checkpoint is untouched."
    }
  }
}

/// The training loop: batch → losses and gradients → clipping → AdamW → teacher → report.
///
/// *Source*: Kwon, Kwak, CVPR 2022, section 3; stages as the authors' program.
package struct Trainer {
  package let state: TrainingState
  package let ignoreLabel: UInt8
  package let labeled: LabeledBatchLoader
  /// Needed from the semi-supervised stage on.
  package let unlabeled: UnlabeledBatchLoader?
  /// Needed where networks are cross-fitted.
  package let folds: CrossFittingFolds?

  /// - Parameter folds: of all labelled images; needed where networks are cross-fitted.
  package init(
    state: TrainingState, ignoreLabel: UInt8, labeled: LabeledBatchLoader,
    unlabeled: UnlabeledBatchLoader?, folds: CrossFittingFolds? = nil
  ) {
    precondition(state.networks.foldNetworks.count == folds?.count ?? 0)
    self.folds = folds
    self.state = state
    self.ignoreLabel = ignoreLabel
    self.labeled = labeled
    self.unlabeled = unlabeled
  }

  /// Trains until the last step, or until `observe` returns false.
  package func run(observe: (StepReport) throws -> Bool) throws {
    let stages = state.configuration.stages
    while state.step < stages.totalSteps {
      let start = ContinuousClock.now
      let stage = stages.stage(ofStep: state.step)
      prepareTeacher(stage)
      let labeledBatch = try labeled.next()
      let unlabeledBatch = stage == .semiSupervised ? try unlabeled?.next() : nil
      var step = TrainingStep(
        networks: state.networks, configuration: state.configuration, ignoreLabel: ignoreLabel,
        generator: SeededGenerator(seed: state.seed, stream: UInt64(state.step) + 1))
      step.runLabeled(
        images: labeledBatch.images, labels: labeledBatch.labels,
        folds: folds.map { folds in labeledBatch.names.map(folds.fold(of:)) } ?? [], stage: stage)
      if let unlabeledBatch {
        step.runUnlabeled(plain: unlabeledBatch.plain, augmented: unlabeledBatch.augmented)
      }
      func checkFinite(_ value: Float, _ quantity: String) throws {
        guard !value.isFinite else { return }
        throw TrainingError.notFinite(
          quantity: quantity, value: value, step: state.step + 1, labeled: labeledBatch.names,
          unlabeled: unlabeledBatch?.names ?? [])
      }
      try checkFinite(step.losses.total, "loss")
      let settings = state.configuration.optimizer
      let gradientNorm =
        settings.maximumGradientNorm > 0
        ? state.optimizer.clipGradients(maximumNorm: settings.maximumGradientNorm) : nil
      try gradientNorm.map { try checkFinite($0, "norm of the gradients") }
      let factor = settings.learningRateFactor(step: state.step, totalSteps: stages.totalSteps)
      state.optimizer.step(learningRateFactor: factor)
      state.step += 1
      if stage == .semiSupervised {
        state.networks.teacher.state.moveAverage(
          toward: state.networks.student.state, decay: state.configuration.teacher.decay)
      }
      let images = labeledBatch.names.count + (unlabeledBatch?.names.count ?? 0)
      let report = StepReport(
        step: state.step, stage: stage, losses: step.losses, imageCount: images,
        durationSeconds: start.duration(to: .now).seconds, learningRate: settings.learningRate * factor,
        gradientNorm: gradientNorm)
      guard try observe(report) else { return }
    }
  }

  /// A copy of the student when the semi-supervised stage begins; where configured, the student becomes a copy of
  /// the teacher when each later epoch begins.
  private func prepareTeacher(_ stage: Stage) {
    guard stage == .semiSupervised else { return }
    let stages = state.configuration.stages
    let position = state.step - stages.supervisedSteps - stages.jointSteps
    if position == 0 {
      state.networks.teacher.state.copyValues(from: state.networks.student.state)
    } else if state.configuration.teacher.copiesBackEachEpoch && position % stages.stepsPerEpoch == 0 {
      state.networks.student.state.copyValues(from: state.networks.teacher.state)
    }
  }
}

extension Duration {
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
