import Datasets
import Foundation
import Imaging
import NeuralNetwork
import TensorCore

extension ErrorModel {
  /// What the networks say about one image and its label map, at the image's own size.
  package struct Prediction {
    /// The label map that was judged, with the segmentation network's confidence and entropy.
    package let statistics: SoftmaxStatistics
    /// *Shape*: `[1, H, W, 1]`. *Range*: 0…1.
    package let errorProbability: Tensor
    /// What each detector that the estimator is made of says, in the order of `ErrorEstimator.parts`.
    /// *Shape*: `[H × W]`. *Range*: 0…1.
    package let parts: [(estimator: ErrorEstimator, values: [Float])]
    package let classCount: Int
    /// Per pixel the most probable class but the judged label's, and its probability.
    package let alternatives: (labels: [UInt8], probability: [Float])
    /// The mean of the encoder's deep features over the image, one number a channel.
    package let embedding: [Float]
  }

  /// Whether the model holds what the estimator needs; of `combined`, at least two parts.
  package func supports(_ options: PredictionOptions) -> Bool {
    switch options.estimator {
    case .combined: true
    default: options.estimator.parts.allSatisfy { supports($0, options) }
    }
  }

  private func supports(_ detector: ErrorEstimator, _ options: PredictionOptions) -> Bool {
    switch detector {
    case .network: errorLocalization != nil
    case .disagreement: !auxiliaryDecoders.isEmpty
    case .flip: options.usesFlip
    case .confidence, .entropy, .mean, .combined: true
    }
  }

  /// The detectors that the estimator asks this model.
  package func parts(of options: PredictionOptions) -> [ErrorEstimator] {
    options.estimator.parts.filter { supports($0, options) }
  }

  /// ELN, where there is one.
  package var defaultEstimator: ErrorEstimator { errorLocalization == nil ? .confidence : .network }

  /// Runs the networks with their running statistics, without dropout.
  ///
  /// Labels from elsewhere are judged by ELN itself if it was trained to see them (class input `judged` or `one-hot`).
  /// Otherwise ELN's verdict on the network's own label is carried over: that label is right with ELN's probability B,
  /// and what is left, 1 − B, falls on the other classes in proportion to their softmax.
  ///
  /// - Parameter labels: a label map from elsewhere, of the image's size; without it the network's own is judged.
  ///   Where a value names no class, the network's label takes its place.
  /// - Precondition: the model supports the estimator.
  package func predict(
    _ image: RGBImage, labels: LabelTensor? = nil, options: PredictionOptions
  ) -> Prediction {
    let images = networkInput(image)
    let judged = labels?.resizedNearest(height: images.shape[1], width: images.shape[2])
    let detectors = parts(of: options)
    var outputs = [run(images, judged: judged, detectors)]
    if options.usesFlip {
      let mirrored = run(
        images.flippedHorizontally(), judged: judged?.flippedHorizontally(), detectors)
      outputs.append(mirrored.flippedHorizontally)
    }
    let averaged = NetworkOutput.mean(
      outputs, height: image.height, width: image.width, comparesViews: detectors.contains(.flip))
    var statistics = averaged.logProbabilities.softmaxStatistics()
    if let labels = labels?.completed(
      by: statistics.labels, classCount: description.classNames.count)
    {
      statistics.confidence = averaged.logProbabilities.probabilities(of: labels)
      statistics.labels = labels
    }
    let parts = detectors.map { part in
      (estimator: part, values: errorProbability(averaged, statistics, isForeign: labels != nil, part))
    }
    let joined = parts.filter { parts.count == 1 || ErrorEstimator.mean.parts.contains($0.estimator) }
    let mean = Self.mean(joined.map(\.values))
    return Prediction(
      statistics: statistics, errorProbability: Tensor(mean, shape: [1, image.height, image.width, 1]),
      parts: parts, classCount: description.classNames.count,
      alternatives: averaged.logProbabilities.strongestOther(
        than: statistics.labels, labelProbability: statistics.confidence),
      embedding: averaged.embedding)
  }

  /// The image at the size that the networks want. *Shape*: `[1, H, W, 3]`.
  func networkInput(_ image: RGBImage) -> Tensor {
    let isResized = description.inputHeight > 0 && description.inputWidth > 0
    return ImageNormalization.tensor(
      from: isResized
        ? image.resized(width: description.inputWidth, height: description.inputHeight) : image)
  }

  func run(
    _ images: Tensor, judged: LabelTensor?, _ parts: [ErrorEstimator], _ context: ForwardContext = .inference
  ) -> NetworkOutput {
    let features = segmentation.encoder(Variable(images), context)
    let logits = segmentation.decoder(features, context).logits.value
    var output = NetworkOutput(
      logits: logits, right: nil, auxiliary: [], embedding: features.deep.value.globalMeans())
    if parts.contains(.network), let errorLocalization {
      let input = ErrorLocalizationInput(
        images: images, logits: logits, judging: seesLabels ? judged : nil,
        classInput: errorLocalization.configuration.classInput)
      output.right = errorLocalization.rightLogits(input, context)
    }
    if parts.contains(.disagreement) {
      output.auxiliary = auxiliaryDecoders.map { $0(features, context).logits.value }
    }
    return output
  }

  private var seesLabels: Bool {
    [.judged, .oneHot].contains(errorLocalization?.configuration.classInput)
  }

  /// What a single detector says. *Range*: 0…1.
  private func errorProbability(
    _ output: AveragedOutput, _ statistics: SoftmaxStatistics, isForeign: Bool, _ detector: ErrorEstimator
  ) -> [Float] {
    let confidence = statistics.confidence.values
    var values: [Float]
    switch detector {
    case .confidence: values = confidence.map { 1 - $0 }
    case .entropy:
      let largest = log(Float(description.classNames.count))
      values = statistics.entropy.values.map { $0 / largest }
    case .disagreement:
      let agreement = Self.mean(output.auxiliary.map { $0.probabilities(of: statistics.labels).values })
      values = agreement.map { 1 - $0 }
    case .flip: values = output.viewDistance?.values ?? []
    case .network, .mean, .combined:
      values = output.wrong?.values ?? []
      if isForeign && !seesLabels { values = carriedOver(values, output, statistics) }
    }
    // Comparisons leave NaN as it is: the audit has to see that a network diverged.
    for index in values.indices {
      if values[index] < 0 { values[index] = 0 } else if values[index] > 1 { values[index] = 1 }
    }
    return values
  }

  /// Of each pixel, over planes of one size.
  private static func mean(_ planes: [[Float]]) -> [Float] {
    guard var sum = planes.first, planes.count > 1 else { return planes.first ?? [] }
    for plane in planes.dropFirst() {
      for pixel in sum.indices { sum[pixel] += plane[pixel] }
    }
    for pixel in sum.indices { sum[pixel] /= Float(planes.count) }
    return sum
  }

  /// ELN's verdict on the network's own labels, carried over to others.
  private func carriedOver(
    _ wrong: [Float], _ output: AveragedOutput, _ statistics: SoftmaxStatistics
  ) -> [Float] {
    let own = output.logProbabilities.softmaxStatistics()
    let (largest, given) = (own.confidence.values, statistics.confidence.values)
    return wrong.indices.map { pixel in
      guard own.labels.labels[pixel] != statistics.labels.labels[pixel] else { return wrong[pixel] }
      return 1 - wrong[pixel] * given[pixel] / max(1e-6, 1 - largest[pixel])
    }
  }
}
