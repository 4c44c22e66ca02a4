import NeuralNetwork
import Segmentation
import TensorCore

extension TrainingStep {
  /// L_aux of one decoder: 1{CE(P^k, Y) > α^k · CE(P, Y)} · CE(P^k, Y), compared as configured.
  ///
  /// While the indicator is off the decoder has no gradient at all, so that AdamW leaves it alone (under the authors'
  /// PyTorch its momentum goes on).
  ///
  /// - Returns: the decoder's scores.
  mutating func runAuxiliary(
    _ decoder: SegmentationDecoder, alpha: Float, features: ResNet.Features, mainLogits: Tensor,
    labels: LabelTensor
  ) -> Tensor {
    let context = trainingContext()
    let logits = decoder(features, context).logits
    let all = logits.crossEntropy(labels, ignoreLabel: ignoreLabel)
    losses.auxiliary.append(all.value.scalar)
    let learned: Variable?
    switch configuration.losses.auxiliaryComparison {
    case .batch: learned = all.value.scalar > alpha * losses.supervised ? all : nil
    case .image: learned = lossOfWeakImages(logits, alpha: alpha, mainLogits: mainLogits, labels: labels)
    }
    losses.auxiliaryActive.append(learned != nil)
    if let learned { accumulate(learned, weight: configuration.losses.auxiliaryWeight) }
    generator = context.generator
    return logits.value
  }

  /// The cross-entropy over the images whose own indicator is on, divided by the known pixels of all; `nil` if it is on
  /// for none.
  private func lossOfWeakImages(
    _ logits: Variable, alpha: Float, mainLogits: Tensor, labels: LabelTensor
  ) -> Variable? {
    func loss(_ scores: Tensor, of image: Int) -> Float {
      Variable(scores.gatheringImages([image]))
        .crossEntropy(labels.gatheringImages([image]), ignoreLabel: ignoreLabel).value.scalar
    }
    let size = labels.labels.count / labels.shape[0]
    var weak = labels
    for image in 0..<labels.shape[0]
    where loss(logits.value, of: image) <= alpha * loss(mainLogits, of: image) {
      for pixel in image * size..<(image + 1) * size { weak.labels[pixel] = ignoreLabel }
    }
    let counted = weak.labels.count { $0 != ignoreLabel }
    guard counted > 0 else { return nil }
    let known = labels.labels.count { $0 != ignoreLabel }
    return logits.crossEntropy(weak, ignoreLabel: ignoreLabel).scaled(by: Float(counted) / Float(known))
  }
}
