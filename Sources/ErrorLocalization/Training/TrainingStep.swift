import NeuralNetwork
import Segmentation
import TensorCore

/// The losses of one step, for the log. `nil` where a loss takes no part in the stage.
package struct StepLosses: Sendable {
  package var supervised: Float = 0
  package var auxiliary: [Float] = []
  /// Whether each auxiliary decoder was allowed to learn in this step.
  package var auxiliaryActive: [Bool] = []
  /// Over all judged label maps, weighted as configured.
  package var errorLocalization: Float?
  package var pseudoLabel: Float?
  package var pseudoLabelPlain: Float?
  package var contrastive: Float?
  package var contrastivePlain: Float?
  /// Share of the unlabelled pixels whose pseudo-label ELN calls right.
  package var acceptedShare: Float?
  /// Share of wrong pixels in the main decoder's predictions on the labelled batch.
  package var wrongShare: Float?
  /// The same for the cross-fitted networks, on the images that each has not seen.
  package var unseenWrongShare: Float?
  /// The weighted sum of all.
  package var total: Float = 0
}

/// One step of the method: forward and backward passes of every loss of the stage. The gradients are left in the
/// parameters.
///
/// Each loss runs its backward pass as soon as it is known, since what it flows into is disjoint from, or adds up
/// with, the others': a step needs the memory of its largest part, not of their sum.
struct TrainingStep {
  let networks: MethodNetworks
  let configuration: TrainingConfiguration
  let ignoreLabel: UInt8
  var generator: SeededGenerator
  var losses = StepLosses()

  init(
    networks: MethodNetworks, configuration: TrainingConfiguration, ignoreLabel: UInt8,
    generator: SeededGenerator
  ) {
    self.networks = networks
    self.configuration = configuration
    self.ignoreLabel = ignoreLabel
    self.generator = generator
  }

  /// L_sup, and from the joint stage on L_aux and L_ELN.
  ///
  /// The images pass the encoder once; the auxiliary decoders and ELN read the same detached features and scores.
  /// (The authors' program runs the encoder three times.)
  ///
  /// - Parameter folds: the fold of each image, where networks are cross-fitted.
  mutating func runLabeled(images: Tensor, labels: LabelTensor, folds: [Int] = [], stage: Stage) {
    let context = trainingContext()
    let features = networks.student.encoder(Variable(images), context)
    let detached = features.detached
    let main = networks.student.decoder(features, context)
    let mainLogits = main.logits.value
    let supervised = main.logits.crossEntropy(labels, ignoreLabel: ignoreLabel)
    losses.supervised = supervised.value.scalar
    accumulate(supervised, weight: configuration.losses.supervisedWeight)
    generator = context.generator
    runFoldNetworks(images: images, labels: labels, folds: folds)
    guard stage != .supervised else { return }
    let auxiliary = zip(networks.auxiliaryDecoders, networks.configuration.auxiliaryAlphas).map {
      runAuxiliary($0, alpha: $1, features: detached, mainLogits: mainLogits, labels: labels)
    }
    guard configuration.losses.errorLocalizationWeight > 0 && networks.configuration.corrector != .threshold
    else { return }
    losses.errorLocalization = 0
    let batch = JudgedBatch(images: images, truth: labels, folds: folds)
    judge(main: mainLogits, auxiliary: auxiliary, batch)
  }

  mutating func accumulate(_ loss: Variable, weight: Float) {
    guard weight > 0 else { return }
    losses.total += weight * loss.value.scalar
    guard loss.value.scalar.isFinite else { return }
    (weight == 1 ? loss : loss.scaled(by: weight)).backward()
  }

  func trainingContext() -> ForwardContext {
    ForwardContext(normalization: .batch, appliesDropout: true, recordsGradients: true, generator: generator)
  }
}
