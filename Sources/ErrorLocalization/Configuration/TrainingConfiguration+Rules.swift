import Segmentation
import TensorCore

extension TrainingConfiguration {
  /// What each setting takes, by its path. Conditions that tie several settings together are in `validate()`.
  package static let rules: [String: SettingRule] = {
    var rules = [
      "teacher.decay": .number(.share), "teacher.copiesBackEachEpoch": .boolean,
      "validation.everySteps": SettingRule.steps,
    ]
    for (group, members) in [
      ("network", network), ("losses", losses), ("stages", stages), ("optimizer", optimizer), ("data", data),
    ] {
      for (name, rule) in members { rules[group + "." + name] = rule }
    }
    return rules
  }()

  private static let depths = SettingRule.oneOf(ResNetConfiguration.Depth.allCases.map(\.rawValue))
  private static let strides = SettingRule.oneOf([8, 16])

  private static let network: [String: SettingRule] = {
    var rules: [String: SettingRule] = [
      "encoder.depth": depths, "encoder.outputStride": strides, "encoder.width": .count,
      "encoder.inputChannels": .oneOf([3]), "encoder.dilatesBasicBlocks": .boolean,
      "projectionChannels": .count, "auxiliaryAlphas": .numbers(.positive),
      "errorLocalization.depth": depths, "errorLocalization.outputStride": strides,
      "errorLocalization.width": .count, "errorLocalization.dilatesBasicBlocks": .boolean,
      "errorLocalization.classInput": .choice(ClassInput.allCases.map(\.rawValue)),
      "corrector": .choice(Corrector.allCases.map(\.rawValue)),
      "crossFittingFolds": .integer(0...255), "keepsAuxiliaryDecoders": .boolean,
    ]
    for prefix in ["decoder.", "errorLocalization.decoder."] {
      for name in ["asppChannels", "lowLevelChannels", "decoderChannels"] { rules[prefix + name] = .count }
      for name in ["asppDropout", "decoderDropout1", "decoderDropout2"] {
        rules[prefix + name] = .number(.share)
      }
    }
    return rules
  }()

  private static let losses: [String: SettingRule] = {
    var rules: [String: SettingRule] = [
      "sumsErrorLocalizationOverDecoders": .boolean, "confidenceThreshold": .number(.share),
      "auxiliaryComparison": .choice(AuxiliaryComparison.allCases.map(\.rawValue)),
      "contrastive.form": .choice(ContrastiveForm.allCases.map(\.rawValue)),
      "contrastive.temperature": .number(.positive), "contrastive.cropCount": .count,
      "contrastive.cropSize": .count,
    ]
    for name in [
      "supervisedWeight", "auxiliaryWeight", "errorLocalizationWeight", "pseudoLabelWeight",
      "pseudoLabelPlainWeight", "contrastive.weight", "contrastive.plainWeight", "judgedLabels.mainWeight",
      "judgedLabels.auxiliaryWeight", "judgedLabels.crossFittedWeight", "judgedLabels.plantedWeight",
    ] {
      rules[name] = .number(.notNegative)
    }
    return rules
  }()

  private static let stages: [String: SettingRule] = [
    "supervisedSteps": .steps, "jointSteps": .steps, "semiSupervisedSteps": .steps, "stepsPerEpoch": .count,
  ]

  private static let optimizer: [String: SettingRule] = [
    "learningRate": .number(.positive), "encoderLearningRateFactor": .number(.notNegative),
    "weightDecay": .number(.notNegative), "trainsNormalization": .boolean,
    "schedule": .choice(LearningRateSchedule.allCases.map(\.rawValue)),
    "polynomialPower": .number(.positive), "warmupSteps": .steps,
    "maximumGradientNorm": .number(.notNegative),
  ]

  /// The augmentation's ranges are checked by the augmentation itself.
  private static let data: [String: SettingRule] = {
    var rules: [String: SettingRule] = ["labeledBatchSize": .count, "unlabeledBatchSize": .count]
    for name in ["resizeHeight", "resizeWidth", "cropHeight", "cropWidth"] {
      rules["augmentation." + name] = .steps
    }
    for name in [
      "minimumScale", "maximumScale", "flipProbability", "brightness", "contrast", "saturation", "hue",
      "grayscaleProbability",
    ] {
      rules["augmentation." + name] = .number(.any)
    }
    return rules
  }()
}
