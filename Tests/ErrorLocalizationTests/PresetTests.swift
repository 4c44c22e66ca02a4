import Datasets
import ErrorLocalization
import Segmentation
import Testing

/// The paper's presets against the numbers of the paper and of the authors' program.
@Suite struct PresetTests {
  static let paper: [Preset] = [.vocR50, .vocR101, .cityscapesR50, .cityscapesR101]

  @Test(arguments: paper) func networks(preset: Preset) {
    let network = preset.configuration.network
    #expect(network.encoder.width == 64 && network.encoder.outputStride == 16)
    #expect(
      network.decoder
        == DecoderConfiguration(
          asppChannels: 256, lowLevelChannels: 48, decoderChannels: 256, asppDropout: 0.1,
          decoderDropout1: 0.5,
          decoderDropout2: 0.1))
    #expect(network.projectionChannels == 128 && network.auxiliaryAlphas == [20, 50])
    #expect(network.corrector == .errorLocalization && network.crossFittingFolds == 0)
    let eln = network.errorLocalization
    #expect(eln.depth == .resnet34 && eln.width == 64 && eln.outputStride == 16)
    #expect(eln.classInput == .logits && eln.dilatesBasicBlocks)
    #expect(
      eln.decoder
        == DecoderConfiguration(
          asppChannels: 256, lowLevelChannels: 48, decoderChannels: 256, asppDropout: 0.5,
          decoderDropout1: 0.5,
          decoderDropout2: 0.1))
  }

  @Test(arguments: paper) func lossesAndOptimizer(preset: Preset) {
    let configuration = preset.configuration
    #expect(configuration.losses == LossConfiguration())
    let losses = configuration.losses
    let weights = [
      losses.supervisedWeight, losses.auxiliaryWeight, losses.errorLocalizationWeight,
      losses.pseudoLabelWeight, losses.pseudoLabelPlainWeight, losses.contrastive.weight,
      losses.contrastive.plainWeight,
    ]
    #expect(weights.allSatisfy { $0 == 1 } && losses.sumsErrorLocalizationOverDecoders)
    #expect(losses.auxiliaryComparison == .batch)
    #expect(losses.judgedLabels.mainWeight == 1 && losses.judgedLabels.auxiliaryWeight == 1)
    #expect(losses.judgedLabels.crossFittedWeight == 0 && losses.judgedLabels.plantedWeight == 0)
    #expect(losses.contrastive.temperature == 0.5 && losses.contrastive.form == .classSums)
    #expect(losses.contrastive.cropCount == 8 && losses.contrastive.cropSize == 32)
    let optimizer = configuration.optimizer
    #expect(optimizer.learningRate == 1e-4 && optimizer.encoderLearningRateFactor == 0.1)
    #expect(optimizer.weightDecay == 1e-5 && !optimizer.trainsNormalization)
    #expect(optimizer.schedule == .constant && optimizer.warmupSteps == 0)
    #expect(optimizer.maximumGradientNorm == 0)
    #expect(configuration.teacher.decay == 0.995 && configuration.teacher.copiesBackEachEpoch)
  }

  @Test func theOptimizerIsAdamWOfTheAuthors() {
    let optimizer = SmallTraining.state().optimizer
    #expect(optimizer.beta1 == 0.9 && optimizer.beta2 == 0.999 && optimizer.epsilon == 1e-8)
  }

  @Test(arguments: paper) func dataAndStages(preset: Preset) {
    let configuration = preset.configuration
    let isVOC = preset == .vocR50 || preset == .vocR101
    #expect(configuration.network.encoder.depth.rawValue == (preset.rawValue.hasSuffix("r101") ? 101 : 50))
    let (data, augmentation) = (configuration.data, configuration.data.augmentation)
    #expect(data.labeledBatchSize == (isVOC ? 6 : 4) && data.unlabeledBatchSize == data.labeledBatchSize)
    #expect([augmentation.resizeHeight, augmentation.resizeWidth] == (isVOC ? [512, 512] : [0, 0]))
    #expect([augmentation.cropHeight, augmentation.cropWidth] == (isVOC ? [0, 0] : [512, 1024]))
    #expect(augmentation.minimumScale == 1 && augmentation.maximumScale == 1)
    #expect(augmentation.flipProbability == 0.5 && augmentation.grayscaleProbability == 0.2)
    #expect([augmentation.brightness, augmentation.contrast, augmentation.saturation] == [0.4, 0.4, 0.4])
    #expect(augmentation.hue == 0.1)
    let stages = configuration.stages
    #expect(stages.stepsPerEpoch == 266 && stages.totalSteps == 500 * 266)
    #expect(stages.supervisedSteps == (isVOC ? 70 : 100) * 266)
    #expect(stages.jointSteps == (isVOC ? 50 : 58) * 266)
  }
}
