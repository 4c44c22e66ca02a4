import TensorCore

/// What the error localisation network should have said about a prediction.
package struct ErrorTargets {
  /// 1 where the label is right, 0 where it is wrong, 255 where the truth is not known.
  let targets: LabelTensor
  package let rightCount: Int
  package let wrongCount: Int

  static let unknown: UInt8 = 255

  package init(predicted: LabelTensor, truth: LabelTensor, ignoreLabel: UInt8) {
    precondition(predicted.shape == truth.shape)
    var right = 0
    var wrong = 0
    let values = zip(predicted.labels, truth.labels).map { predicted, truth -> UInt8 in
      if truth == ignoreLabel { return Self.unknown }
      if predicted == truth {
        right += 1
        return 1
      }
      wrong += 1
      return 0
    }
    targets = LabelTensor(values, shape: predicted.shape)
    rightCount = right
    wrongCount = wrong
  }

  /// The weight of a wrong pixel: right over wrong ones, 1 where there is no error.
  ///
  /// The authors' program counts ignored pixels as errors and divides by zero where there is no error; here neither
  /// happens.
  package var wrongWeight: Float { wrongCount == 0 ? 1 : Float(rightCount) / Float(wrongCount) }
}

extension ErrorTargets {
  /// What an error correction network should have said: `classCount` where the label is right, else the true class,
  /// 255 where the truth is not known.
  static func corrections(
    predicted: LabelTensor, truth: LabelTensor, ignoreLabel: UInt8, classCount: Int
  ) -> LabelTensor {
    precondition(classCount < Int(unknown))
    let values = zip(predicted.labels, truth.labels).map { predicted, truth -> UInt8 in
      if truth == ignoreLabel { return unknown }
      return predicted == truth ? UInt8(classCount) : truth
    }
    return LabelTensor(values, shape: truth.shape)
  }
}

extension Variable {
  /// The class-balanced binary cross-entropy of ELN's logits, mean over the pixels whose truth is known.
  ///
  /// *Source*: Kwon, Kwak, CVPR 2022, the equation of L_ELN.
  package func errorLocalizationLoss(_ targets: ErrorTargets) -> Variable {
    binaryCrossEntropy(targets.targets, negativeWeight: targets.wrongWeight)
  }
}
