import NeuralNetwork
import Segmentation
import TensorCore

extension TrainingStep {
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
    let logits = output.logits.value
    let statistics = logits.softmaxStatistics()
    var labels = statistics.labels
    var accepted = 0
    for (pixel, isAccepted) in acceptance(images, logits, statistics.confidence, context).enumerated() {
      if isAccepted { accepted += 1 } else { labels.labels[pixel] = ErrorTargets.unknown }
    }
    losses.acceptedShare = Float(accepted) / Float(max(1, labels.labels.count))
    guard let features = output.projection?.value else { preconditionFailure("the teacher projects") }
    return (labels, features)
  }

  /// Whether each pixel's pseudo-label is used, at stride 4.
  private func acceptance(
    _ images: Tensor, _ logits: Tensor, _ confidence: Tensor, _ context: ForwardContext
  ) -> [Bool] {
    guard networks.configuration.corrector != .threshold else {
      let threshold = configuration.losses.confidenceThreshold
      return confidence.values.map { $0 >= threshold }
    }
    let input = ErrorLocalizationInput(
      images: images, logits: logits, classInput: networks.configuration.errorLocalization.classInput)
    return networks.errorLocalization.rightLogits(input, context).values.map { $0 > 0 }
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
}
