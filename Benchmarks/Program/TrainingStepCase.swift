import Datasets
import ErrorLocalization
import NeuralNetwork
import TensorCore

/// Cases (b) and (c): one whole step of a stage, from batches at hand to updated parameters and teacher.
final class TrainingStepCase: BenchmarkCase {
  private let settings: CaseSettings
  private let configuration: TrainingConfiguration
  private let trainer: Trainer
  private let images: Tensor
  private let labels: LabelTensor
  private let plain: Tensor
  private let augmented: Tensor
  /// As they are before the first step.
  let exchange: [(name: String, tensor: Tensor)]

  /// Steps whose losses are compared.
  private static let comparedSteps = 2

  init(_ settings: CaseSettings) throws {
    guard let stage = Stage(rawValue: settings.stage) else {
      throw BenchmarkError("stage '\(settings.stage)', expected \(Stage.allCases.map(\.rawValue))")
    }
    self.settings = settings
    var configuration = settings.configuration
    let many = 1_000_000
    configuration.stages = StageConfiguration(
      supervisedSteps: stage == .supervised ? many : 0, jointSteps: stage == .joint ? many : 0,
      semiSupervisedSteps: stage == .semiSupervised ? many : 0)
    self.configuration = configuration
    var inputs = SyntheticInputs(settings, seed: 2)
    let labeled = LabeledBatch(
      images: inputs.images(), labels: inputs.labels(), names: (0..<settings.batch).map { "labelled \($0)" })
    let unlabeled = UnlabeledBatch(
      plain: inputs.images(), augmented: inputs.images(),
      names: (0..<settings.batch).map { "unlabelled \($0)" })
    (images, labels) = (labeled.images, labeled.labels)
    (plain, augmented) = (unlabeled.plain, unlabeled.augmented)
    let state = TrainingState(configuration: configuration, classCount: settings.classes, seed: 1)
    exchange =
      state.networks.state.tensors()
      + [("images", images), ("labels", labels.tensor), ("plain", plain), ("augmented", augmented)]
    trainer = Trainer(
      state: state, ignoreLabel: 255,
      labeled: LabeledBatchLoader(firstBatch: 0, prefetch: 1, threads: 1) { _ in labeled },
      unlabeled: UnlabeledBatchLoader(firstBatch: 0, prefetch: 1, threads: 1) { _ in unlabeled })
  }

  func description() throws -> String {
    try NetworkDescription(configuration: configuration, classCount: settings.classes).json()
  }

  func run() throws { _ = try step() }

  private func step() throws -> StepLosses {
    var losses: StepLosses?
    try trainer.run { report in
      losses = report.losses
      return false
    }
    guard let losses else { throw BenchmarkError("the trainer took no step") }
    return losses
  }

  func outputs() throws -> [(name: String, tensor: Tensor)] {
    var outputs: [(name: String, tensor: Tensor)] = []
    for index in 0..<Self.comparedSteps {
      let losses = try step()
      var values = [losses.supervised] + losses.auxiliary
      values += [
        losses.errorLocalization, losses.pseudoLabel, losses.pseudoLabelPlain, losses.contrastive,
        losses.contrastivePlain,
      ].compactMap { $0 }
      outputs.append(("step\(index).losses", Tensor(values, shape: [values.count])))
    }
    return outputs
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
