import Foundation
import TensorCore

/// Image, entropy and class output joined at the image's size, in this order; nothing flows back into them.
package struct ErrorLocalizationInput {
  /// `[N, H, W, 3 + 1 + classes]`, with the judged label beside the probabilities `[N, H, W, 3 + 1 + 2 · classes]`.
  package let value: Tensor
  /// Label, confidence and entropy of the prediction at the image's size.
  package let statistics: SoftmaxStatistics
  /// The label map that is judged. *Shape*: `[N, H, W]`.
  package let judged: LabelTensor

  /// *Shape*: images `[N, H, W, 3]`, normalised; logits `[N, h, w, classes]`; labels `[N, H, W]`.
  ///
  /// - Parameter judging: the labels in question; without them, and where one names no class, those that the logits
  ///   give.
  /// - Precondition: other labels need a class input that shows the label.
  package init(images: Tensor, logits: Tensor, judging labels: LabelTensor? = nil, classInput: ClassInput) {
    precondition(labels == nil || classInput == .oneHot || classInput == .judged)
    let resized = logits.resized(height: images.shape[1], width: images.shape[2], alignment: .corners)
    statistics = resized.softmaxStatistics()
    judged =
      labels?.completed(by: statistics.labels, classCount: logits.shape[3]) ?? statistics.labels
    let shape = images.shape
    let entropy = statistics.entropy.reshaped(to: [shape[0], shape[1], shape[2], 1])
    let classes: [Tensor]
    switch classInput {
    case .logits: classes = [resized]
    case .probabilities: classes = [resized.softmax()]
    case .oneHot: classes = [Tensor(oneHot: judged, classCount: logits.shape[3])]
    case .judged: classes = [resized.softmax(), Tensor(oneHot: judged, classCount: logits.shape[3])]
    }
    value = Variable.concatenated([Variable(images), Variable(entropy)] + classes.map { Variable($0) }).value
  }
}

extension Tensor {
  /// log(p / (1 − p)) of the last channel's softmax probability. *Shape*: `[N, H, W, C]` → `[N, H, W, 1]`.
  func lastChannelLogOdds() -> Tensor {
    let channels = shape[3]
    let odds = Variable(self).logSoftmax().value.withUnsafeBufferPointer { logProbabilities in
      stride(from: channels - 1, to: logProbabilities.count, by: channels).map { index -> Float in
        let logProbability = min(-1e-7, logProbabilities[index])
        return logProbability - log(-expm1(logProbability))
      }
    }
    return Tensor(odds, shape: [shape[0], shape[1], shape[2], 1])
  }
}
