import NeuralNetwork
import Segmentation
import TensorCore

/// The losses of one step, for the log. `nil` where a loss takes no part in the stage.
package struct StepLosses: Sendable {
  package var supervised: Float = 0
  package var auxiliary: [Float] = []
  /// Whether each auxiliary decoder was allowed to learn in this step.
  package var auxiliaryActive: [Bool] = []
  /// Sum or mean over the decoders, as configured.
  package var errorLocalization: Float?
  package var pseudoLabel: Float?
  package var pseudoLabelPlain: Float?
  package var contrastive: Float?
  package var contrastivePlain: Float?
  /// Share of the unlabelled pixels whose pseudo-label ELN calls right.
  package var acceptedShare: Float?
  /// Share of wrong pixels in the main decoder's predictions on the labelled batch.
  package var wrongShare: Float?
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
  private(set) var generator: SeededGenerator
  private(set) var losses = StepLosses()

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
  mutating func runLabeled(images: Tensor, labels: LabelTensor, stage: Stage) {
    let context = trainingContext()
    let features = networks.student.encoder(Variable(images), context)
    let detached = features.detached
    let main = networks.student.decoder(features, context)
    let mainLogits = main.logits.value
    let supervised = main.logits.crossEntropy(labels, ignoreLabel: ignoreLabel)
    losses.supervised = supervised.value.scalar
    accumulate(supervised, weight: configuration.losses.supervisedWeight)
    generator = context.generator
    guard stage != .supervised else { return }

    var predictions = [mainLogits]
    for (decoder, alpha) in zip(networks.auxiliaryDecoders, networks.configuration.auxiliaryAlphas) {
      predictions.append(
        runAuxiliary(decoder, alpha: alpha, features: detached, labels: labels))
    }
    guard configuration.losses.errorLocalizationWeight > 0 else { return }
    let share = configuration.losses.sumsErrorLocalizationOverDecoders ? 1 : 1 / Float(predictions.count)
    losses.errorLocalization = 0
    for (index, logits) in predictions.enumerated() {
      runErrorLocalization(images: images, logits: logits, labels: labels, share: share, isMain: index == 0)
    }
  }

  /// 1{CE(P^k, Y) > α^k · CE(P, Y)} · CE(P^k, Y), compared per batch as the authors' program does. While the indicator
  /// is off the decoder has no gradient at all, so that AdamW leaves it alone (under the authors' PyTorch its momentum
  /// goes on).
  private mutating func runAuxiliary(
    _ decoder: SegmentationDecoder, alpha: Float, features: ResNet.Features, labels: LabelTensor
  ) -> Tensor {
    let context = trainingContext()
    let logits = decoder(features, context).logits
    let loss = logits.crossEntropy(labels, ignoreLabel: ignoreLabel)
    let isActive = loss.value.scalar > alpha * losses.supervised
    losses.auxiliary.append(loss.value.scalar)
    losses.auxiliaryActive.append(isActive)
    if isActive { accumulate(loss, weight: configuration.losses.auxiliaryWeight) }
    generator = context.generator
    return logits.value
  }

  private mutating func runErrorLocalization(
    images: Tensor, logits: Tensor, labels: LabelTensor, share: Float, isMain: Bool
  ) {
    let context = trainingContext()
    let input = ErrorLocalizationInput(
      images: images, logits: logits, classInput: networks.configuration.errorLocalization.classInput)
    let targets = ErrorTargets(predicted: input.statistics.labels, truth: labels, ignoreLabel: ignoreLabel)
    let loss = networks.errorLocalization(input, context).errorLocalizationLoss(targets)
    losses.errorLocalization? += loss.value.scalar * share
    if isMain {
      losses.wrongShare = Float(targets.wrongCount) / Float(max(1, targets.wrongCount + targets.rightCount))
    }
    accumulate(loss, weight: configuration.losses.errorLocalizationWeight * share)
    generator = context.generator
  }

  /// L_pseudo and L_contra on two views of the unlabelled images, at stride 4.
  mutating func runUnlabeled(plain: Tensor, augmented: Tensor) {
    let (labels, teacherFeatures) = makePseudoLabels(plain)
    let contrast = ContrastiveLoss(
      configuration: configuration.losses.contrastive, teacher: teacherFeatures, labels: labels,
      ignored: ErrorTargets.unknown)
    let settings = configuration.losses
    (losses.pseudoLabel, losses.contrastive) = runView(
      augmented, labels: labels, contrast: contrast, pseudoWeight: settings.pseudoLabelWeight,
      contrastiveWeight: settings.contrastive.weight)
    (losses.pseudoLabelPlain, losses.contrastivePlain) = runView(
      plain, labels: labels, contrast: contrast, pseudoWeight: settings.pseudoLabelPlainWeight,
      contrastiveWeight: settings.contrastive.plainWeight)
  }

  /// The teacher's labels where ELN calls them right (rounded probability 1), and the teacher's features. Batch
  /// statistics, no dropout, as in the authors' program.
  private mutating func makePseudoLabels(_ images: Tensor) -> (labels: LabelTensor, features: Tensor) {
    let context = ForwardContext(
      normalization: .batch, appliesDropout: false, recordsGradients: false, generator: generator)
    let output = networks.teacher.decoder(
      networks.teacher.encoder(Variable(images), context), projects: true, context)
    let input = ErrorLocalizationInput(
      images: images, logits: output.logits.value,
      classInput: networks.configuration.errorLocalization.classInput)
    let right = networks.errorLocalization(input, context).value.values
    var labels = output.logits.value.softmaxStatistics().labels
    var accepted = 0
    for (pixel, logit) in right.enumerated() {
      if logit > 0 { accepted += 1 } else { labels.labels[pixel] = ErrorTargets.unknown }
    }
    losses.acceptedShare = Float(accepted) / Float(max(1, right.count))
    guard let features = output.projection?.value else { preconditionFailure("the teacher projects") }
    return (labels, features)
  }

  private mutating func runView(
    _ images: Tensor, labels: LabelTensor, contrast: ContrastiveLoss, pseudoWeight: Float,
    contrastiveWeight: Float
  ) -> (pseudoLabel: Float?, contrastive: Float?) {
    guard pseudoWeight > 0 || contrastiveWeight > 0 else { return (nil, nil) }
    let context = trainingContext()
    let output = networks.student.decoder(
      networks.student.encoder(Variable(images), context), projects: contrastiveWeight > 0, context)
    let pseudo = output.logits.crossEntropy(labels, ignoreLabel: ErrorTargets.unknown)
    var joined = pseudo.scaled(by: pseudoWeight)
    var contrastive: Variable?
    if let projection = output.projection {
      let loss = contrast(projection, using: &context.generator)
      joined = joined.adding(loss.scaled(by: contrastiveWeight))
      contrastive = loss
    }
    accumulate(joined, weight: 1)
    generator = context.generator
    return (pseudoWeight > 0 ? pseudo.value.scalar : nil, contrastive?.value.scalar)
  }

  private mutating func accumulate(_ loss: Variable, weight: Float) {
    guard weight > 0 else { return }
    losses.total += weight * loss.value.scalar
    guard loss.value.scalar.isFinite else { return }
    (weight == 1 ? loss : loss.scaled(by: weight)).backward()
  }

  private func trainingContext() -> ForwardContext {
    ForwardContext(normalization: .batch, appliesDropout: true, recordsGradients: true, generator: generator)
  }
}
