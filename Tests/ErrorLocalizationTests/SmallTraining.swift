import Datasets
import ErrorLocalization
import Foundation
import Segmentation
import TensorCore

/// A training of the smallest networks on made-up squares: 3 classes, 32×32 pixels.
enum SmallTraining {
  static func configuration(
    supervised: Int = 2, joint: Int = 2, semiSupervised: Int = 2, alphas: [Float] = [0, 1e6]
  ) -> TrainingConfiguration {
    var configuration = Preset.tiny.configuration
    let decoder = DecoderConfiguration(
      asppChannels: 8, lowLevelChannels: 8, decoderChannels: 8, asppDropout: 0.1, decoderDropout1: 0.1,
      decoderDropout2: 0.1)
    configuration.network = NetworkConfiguration(
      encoder: ResNetConfiguration(depth: .resnet18, width: 4), decoder: decoder, projectionChannels: 8,
      auxiliaryAlphas: alphas,
      errorLocalization: ErrorLocalizationConfiguration(depth: .resnet18, width: 4, decoder: decoder))
    configuration.stages = StageConfiguration(
      supervisedSteps: supervised, jointSteps: joint, semiSupervisedSteps: semiSupervised)
    return configuration
  }

  static func batch(_ index: Int) -> LabeledBatch {
    var generator = SeededGenerator(seed: 77, stream: UInt64(index))
    var pixels: [Float] = []
    var labels: [UInt8] = []
    for _ in 0..<2 {
      let edge = Int.random(in: 8..<24, using: &generator)
      for y in 0..<32 {
        for x in 0..<32 {
          let label: UInt8 = x < edge ? 0 : (y < edge ? 1 : 2)
          labels.append(generator.nextUniform() < 0.05 ? 255 : label)
          for channel in 0..<3 {
            pixels.append((channel == Int(label) ? 1 : -0.5) + generator.nextUniform(in: -1...1))
          }
        }
      }
    }
    return LabeledBatch(
      images: Tensor(pixels, shape: [2, 32, 32, 3]), labels: LabelTensor(labels, shape: [2, 32, 32]),
      names: ["a\(index)", "b\(index)"])
  }

  /// - Parameter names: of all labelled images, where networks are cross-fitted.
  static func trainer(
    _ state: TrainingState, names: [String] = [],
    labeled make: @escaping @Sendable (Int) -> LabeledBatch = batch
  ) -> Trainer {
    let stages = state.configuration.stages
    let first = max(0, state.step - stages.supervisedSteps - stages.jointSteps)
    return Trainer(
      state: state, ignoreLabel: 255,
      labeled: LabeledBatchLoader(firstBatch: state.step, prefetch: 1, threads: 1) { make($0) },
      unlabeled: UnlabeledBatchLoader(firstBatch: first, prefetch: 1, threads: 1) { index in
        let plain = batch(1000 + index)
        return UnlabeledBatch(
          plain: plain.images, augmented: plain.images.scaled(by: 0.8), names: ["u\(index)", "v\(index)"])
      },
      folds: state.networks.foldNetworks.isEmpty
        ? nil : CrossFittingFolds(names: names, count: state.networks.foldNetworks.count))
  }

  static func state(_ configuration: TrainingConfiguration = configuration(), seed: UInt64 = 5)
    -> TrainingState
  {
    TrainingState(configuration: configuration, classCount: 3, seed: seed)
  }

  static func temporaryFile(_ name: String) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("errata-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.appendingPathComponent(name)
  }
}
