import Datasets
import Segmentation

/// Named starting points for a training.
package enum Preset: String, Sendable, CaseIterable {
  /// Minutes on two cores; for a first try on small images.
  case tiny
  /// ResNet-18 at half width, from scratch: for machines without a GPU.
  case cpu
  /// `cpu` with what helps beyond the paper (docs/results.md): ELN also learns from what cross-fitted networks predict
  /// on the labelled images that they have not seen.
  case errata
  case vocR50 = "voc-r50"
  case vocR101 = "voc-r101"
  case cityscapesR50 = "cityscapes-r50"
  case cityscapesR101 = "cityscapes-r101"

  package var configuration: TrainingConfiguration {
    switch self {
    case .tiny: .small(width: 16, channels: 32, steps: (240, 160, 120), batch: 4)
    case .cpu: .small(width: 32, channels: 64, steps: (900, 500, 400), batch: 4, crop: 256)
    case .errata: .errata
    case .vocR50: .voc(.resnet50)
    case .vocR101: .voc(.resnet101)
    case .cityscapesR50: .cityscapes(.resnet50)
    case .cityscapesR101: .cityscapes(.resnet101)
    }
  }
}

extension TrainingConfiguration {
  /// From scratch on little data: one learning rate for all parts, that falls to zero (held constant, the
  /// semi-supervised stage made the teacher worse: docs/results.md), small α (an untrained decoder's loss is about
  /// ln(classes), and with α = 50 it would never learn), no copying back (a teacher with decay 0.995 is far behind
  /// its student in so few steps).
  fileprivate static func small(
    width: Int, channels: Int, steps: (Int, Int, Int), batch: Int, crop: Int = 0
  ) -> TrainingConfiguration {
    let decoder = DecoderConfiguration(
      asppChannels: channels, lowLevelChannels: max(16, channels / 4), decoderChannels: channels,
      asppDropout: 0.1,
      decoderDropout1: 0.1, decoderDropout2: 0.1)
    var elnDecoder = decoder
    elnDecoder.asppDropout = 0.1
    let network = NetworkConfiguration(
      encoder: ResNetConfiguration(depth: .resnet18, width: width), decoder: decoder,
      projectionChannels: channels,
      auxiliaryAlphas: [2, 4],
      errorLocalization: ErrorLocalizationConfiguration(depth: .resnet18, width: width, decoder: elnDecoder))
    var stages = StageConfiguration(
      supervisedSteps: steps.0, jointSteps: steps.1, semiSupervisedSteps: steps.2)
    stages.stepsPerEpoch = 50
    var optimizer = OptimizerConfiguration()
    optimizer.learningRate = 1e-3
    optimizer.encoderLearningRateFactor = 1
    optimizer.schedule = .polynomial
    var teacher = TeacherConfiguration()
    teacher.decay = 0.98
    teacher.copiesBackEachEpoch = false
    var augmentation = AugmentationConfiguration()
    augmentation.cropHeight = crop
    augmentation.cropWidth = crop
    return TrainingConfiguration(
      network: network, losses: LossConfiguration(), stages: stages, optimizer: optimizer, teacher: teacher,
      data: DataConfiguration(labeledBatchSize: batch, unlabeledBatchSize: batch, augmentation: augmentation))
  }

  fileprivate static var errata: TrainingConfiguration {
    var configuration = Preset.cpu.configuration
    configuration.network.crossFittingFolds = 2
    configuration.losses.judgedLabels.crossFittedWeight = 1
    return configuration
  }

  /// The paper's numbers; where paper and authors' program differ, the setting's documentation says which is which.
  private static func paper(
    _ depth: ResNetConfiguration.Depth, epochs: (supervised: Int, joint: Int, total: Int), batch: Int,
    augmentation: AugmentationConfiguration
  ) -> TrainingConfiguration {
    let stepsPerEpoch = 266
    var optimizer = OptimizerConfiguration()
    optimizer.trainsNormalization = false
    var validation = ValidationConfiguration()
    validation.everySteps = 10 * stepsPerEpoch
    var network = NetworkConfiguration(encoder: ResNetConfiguration(depth: depth))
    network.keepsAuxiliaryDecoders = false
    return TrainingConfiguration(
      network: network, losses: LossConfiguration(),
      stages: StageConfiguration(
        supervisedSteps: epochs.supervised * stepsPerEpoch, jointSteps: epochs.joint * stepsPerEpoch,
        semiSupervisedSteps: (epochs.total - epochs.supervised - epochs.joint) * stepsPerEpoch),
      optimizer: optimizer, teacher: TeacherConfiguration(),
      data: DataConfiguration(
        labeledBatchSize: batch, unlabeledBatchSize: batch, augmentation: augmentation),
      validation: validation)
  }

  fileprivate static func voc(_ depth: ResNetConfiguration.Depth) -> TrainingConfiguration {
    var augmentation = AugmentationConfiguration()
    augmentation.resizeHeight = 512
    augmentation.resizeWidth = 512
    return paper(depth, epochs: (70, 50, 500), batch: 6, augmentation: augmentation)
  }

  fileprivate static func cityscapes(_ depth: ResNetConfiguration.Depth) -> TrainingConfiguration {
    var augmentation = AugmentationConfiguration()
    augmentation.cropHeight = 512
    augmentation.cropWidth = 1024
    return paper(depth, epochs: (100, 58, 500), batch: 4, augmentation: augmentation)
  }
}
