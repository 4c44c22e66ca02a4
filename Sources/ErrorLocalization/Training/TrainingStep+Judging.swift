import NeuralNetwork
import Segmentation
import TensorCore

/// The labelled images of a step, and the folds that they belong to.
struct JudgedBatch {
  let images: Tensor
  let truth: LabelTensor
  let folds: [Int]
}

extension TrainingStep {
  /// L_ELN over every label map that ELN learns to judge.
  mutating func judge(main: Tensor, auxiliary: [Tensor], _ batch: JudgedBatch) {
    let settings = configuration.losses.judgedLabels
    let decoders = Float(1 + auxiliary.count)
    let share = configuration.losses.sumsErrorLocalizationOverDecoders ? 1 : 1 / decoders
    losses.wrongShare = judge(logits: main, labels: nil, batch, weight: settings.mainWeight * share)
    let showsLabels = networks.configuration.errorLocalization.classInput == .judged
    for logits in auxiliary {
      // With the label shown beside the scores, the auxiliary decoder's map is judged with the main one's opinion.
      let labels = showsLabels ? predictedLabels(logits, like: batch.images) : nil
      judge(
        logits: showsLabels ? main : logits, labels: labels, batch, weight: settings.auxiliaryWeight * share)
    }
    guard settings.crossFittedWeight > 0 || settings.plantedWeight > 0 else { return }
    let unseen = networks.foldNetworks.isEmpty ? main : outOfFoldLogits(batch)
    if !networks.foldNetworks.isEmpty {
      losses.unseenWrongShare = judge(
        logits: unseen, labels: nil, batch, weight: settings.crossFittedWeight)
    }
    guard settings.plantedWeight > 0 else { return }
    let planted = PlantedErrors(classCount: networks.classCount, ignoreLabel: ignoreLabel).plant(
      truth: batch.truth, predicted: predictedLabels(unseen, like: batch.images), using: &generator)
    judge(logits: unseen, labels: planted, batch, weight: settings.plantedWeight)
  }

  /// One label map's loss and gradients; returns the share of wrong pixels.
  @discardableResult
  private mutating func judge(
    logits: Tensor, labels: LabelTensor?, _ batch: JudgedBatch, weight: Float
  ) -> Float? {
    guard weight > 0 else { return nil }
    let context = trainingContext()
    let input = ErrorLocalizationInput(
      images: batch.images, logits: logits, judging: labels,
      classInput: networks.configuration.errorLocalization.classInput)
    let targets = ErrorTargets(predicted: input.judged, truth: batch.truth, ignoreLabel: ignoreLabel)
    let output = networks.errorLocalization(input, context)
    let loss: Variable
    if networks.configuration.corrector == .errorCorrection {
      let corrections = ErrorTargets.corrections(
        predicted: input.judged, truth: batch.truth, ignoreLabel: ignoreLabel,
        classCount: networks.classCount)
      loss = output.crossEntropy(corrections, ignoreLabel: ErrorTargets.unknown)
    } else {
      loss = output.errorLocalizationLoss(targets)
    }
    losses.errorLocalization? += loss.value.scalar * weight
    accumulate(loss, weight: configuration.losses.errorLocalizationWeight * weight)
    generator = context.generator
    return Float(targets.wrongCount) / Float(max(1, targets.wrongCount + targets.rightCount))
  }

  private func predictedLabels(_ logits: Tensor, like images: Tensor) -> LabelTensor {
    logits.resized(height: images.shape[1], width: images.shape[2], alignment: .corners)
      .softmaxStatistics().labels
  }

  /// L_sup of each cross-fitted network, over the images of the batch that are not in its fold.
  mutating func runFoldNetworks(images: Tensor, labels: LabelTensor, folds: [Int]) {
    for (fold, network) in networks.foldNetworks.enumerated() {
      let chosen = folds.indices.filter { folds[$0] != fold }
      guard !chosen.isEmpty else { continue }
      let context = trainingContext()
      let features = network.encoder(Variable(images.gatheringImages(chosen)), context)
      let loss = network.decoder(features, context).logits
        .crossEntropy(labels.gatheringImages(chosen), ignoreLabel: ignoreLabel)
      accumulate(loss, weight: configuration.losses.supervisedWeight)
      generator = context.generator
    }
  }

  /// Each image's scores by the network that has not learned from it, with running statistics and without dropout,
  /// as in an audit.
  private func outOfFoldLogits(_ batch: JudgedBatch) -> Tensor {
    var parts: [(image: Int, logits: Tensor)] = []
    for (fold, network) in networks.foldNetworks.enumerated() {
      let chosen = batch.folds.indices.filter { batch.folds[$0] == fold }
      guard !chosen.isEmpty else { continue }
      let context = ForwardContext.inference
      let features = network.encoder(Variable(batch.images.gatheringImages(chosen)), context)
      let logits = network.decoder(features, context).logits.value
      for (position, image) in chosen.enumerated() {
        parts.append((image, logits.gatheringImages([position])))
      }
    }
    return Tensor(stacking: parts.sorted { $0.image < $1.image }.map(\.logits))
  }
}
