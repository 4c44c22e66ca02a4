import Auditing
import Datasets
import ErrorLocalization
import Foundation
import Imaging
import TensorCore

/// Measures the networks of a training on images that take no part in it, with the audit's own predictions, at each
/// mask's own size. Nothing random is drawn: a training gives the same numbers with and without it.
struct Validator {
  let dataset: SegmentationDataset

  private struct Pair: Sendable {
    let image: RGBImage
    let mask: LabelMask
  }

  /// - Parameter stage: decides which networks there are: in the semi-supervised stage the teacher too, and ELN from
  ///   the joint stage on.
  /// - Returns: `nil` if `shouldStop` said so between two images.
  func measure(
    _ state: TrainingState, stage: Stage, description: ModelDescription, shouldStop: () -> Bool = { false }
  ) throws -> ValidationResult? {
    let start = ContinuousClock.now
    var networks: [String: NetworkMeasures] = [:]
    for network in stage == .semiSupervised ? [TrainedNetwork.student, .teacher] : [.student] {
      let model = ErrorModel(
        state.networks, usesTeacher: network == .teacher, judgesErrors: stage != .supervised,
        description: description)
      guard let summary = try evaluate(model, shouldStop: shouldStop) else { return nil }
      networks[network.rawValue] = NetworkMeasures(
        summary, classes: dataset.classes.names, judgesErrors: model.defaultEstimator != .confidence)
    }
    // The buffers of whole images are of no use to the next steps.
    BufferPool.shared.trim()
    return ValidationResult(
      step: state.step, validatedStage: stage, imageCount: dataset.samples.count, networks: networks,
      durationSeconds: start.duration(to: .now).seconds)
  }

  /// What a model is worth.
  ///
  /// - Parameter estimator: of wrong pixels; the model's own unless another is given.
  /// - Returns: `nil` if `shouldStop` said so between two images.
  func evaluate(
    _ model: ErrorModel, estimator: ErrorEstimator? = nil, shouldStop: () -> Bool
  ) throws -> EvaluationSummary? {
    let samples = dataset.samples
    let masks = MaskReader(dataset)
    let reader = BatchLoader<Pair?>(firstBatch: 0, prefetch: 2, threads: 1) { index in
      guard index < samples.count, let mask = samples[index].mask else { return nil }
      let image = try ImageFile.decode(at: samples[index].image)
      return Pair(image: image, mask: try masks.read(mask, width: image.width, height: image.height))
    }
    defer { reader.stop() }
    var evaluation = AuditEvaluation(classCount: dataset.classes.count, ignoreLabel: dataset.ignoreLabel)
    let options = ErrorModel.PredictionOptions(estimator: estimator ?? model.defaultEstimator)
    for sample in samples {
      if shouldStop() { return nil }
      guard let pair = try reader.next() else { continue }
      let prediction = PixelPrediction(model.predict(pair.image, options: options))
      guard prediction.isFinite else {
        throw DatasetError(sample.image.path, "validation: the networks' values are not finite")
      }
      evaluation.add(name: sample.name, maps: PixelMaps(prediction), truth: pair.mask.labels)
    }
    return evaluation.summary()
  }
}

/// The two segmentation networks of a training.
enum TrainedNetwork: String, Codable {
  case student
  case teacher

  /// What an audit would use after this stage.
  static func inUse(after stage: Stage) -> TrainedNetwork { stage == .semiSupervised ? .teacher : .student }
}
