import Auditing
import ErrorLocalization

/// What a model says about one image of an audit, before and after calibration.
struct JudgedImage {
  let prediction: PixelPrediction
  /// What each detector says, and the other program's confidence where it gave one.
  let scores: PixelScores

  /// Pixels without label are not judged: they have the network's label and error probability 0.
  ///
  /// - Parameter calibration: fitted to the same detectors.
  init(
    _ input: AuditInput, model: ErrorModel, options: ErrorModel.PredictionOptions,
    calibration: ErrorCalibration?
  ) {
    let judged = model.predict(input.image, labels: input.labels, options: options)
    let statistics = judged.statistics
    var names = judged.parts.map(\.estimator.rawValue)
    var values = judged.parts.map(\.values)
    if let given = input.confidence {
      names.append(Self.givenConfidence)
      values.append(given.map { 1 - $0 })
    }
    let shape = statistics.labels.shape
    scores = PixelScores(names: names, values: values, width: shape[2], height: shape[1])
    var errorProbability = judged.errorProbability.values
    if let calibration {
      errorProbability = calibration.probabilities(scores, labels: statistics.labels.labels)
    } else if let given = input.confidence {
      for pixel in errorProbability.indices {
        errorProbability[pixel] = options.estimator.joined(
          errorProbability[pixel], givenConfidence: given[pixel])
      }
    }
    for (pixel, label) in (input.labels?.labels ?? []).enumerated() where Int(label) >= judged.classCount {
      errorProbability[pixel] = 0
    }
    prediction = PixelPrediction(judged, errorProbability: errorProbability, confidence: input.confidence)
  }

  /// The name of the other program's doubt, 1 − its confidence, among the scores.
  static let givenConfidence = "given"

  /// The scores that an image will have, in order.
  static func scoreNames(
    model: ErrorModel, options: ErrorModel.PredictionOptions, hasConfidence: Bool
  ) -> [String] {
    model.parts(of: options).map(\.rawValue) + (hasConfidence ? [givenConfidence] : [])
  }
}

extension PixelPrediction {
  /// - Parameters:
  ///   - errorProbability: in place of the prediction's own.
  ///   - confidence: in place of the prediction's own.
  init(_ prediction: ErrorModel.Prediction, errorProbability: [Float]? = nil, confidence: [Float]? = nil) {
    let statistics = prediction.statistics
    let shape = statistics.labels.shape
    self.init(
      width: shape[2], height: shape[1], classCount: prediction.classCount, labels: statistics.labels.labels,
      errorProbability: errorProbability ?? prediction.errorProbability.values,
      confidence: confidence ?? statistics.confidence.values, entropy: statistics.entropy.values,
      alternatives: Alternatives(
        labels: prediction.alternatives.labels, probability: prediction.alternatives.probability,
        margin: zip(statistics.confidence.values, prediction.alternatives.probability).map(-)),
      embedding: prediction.embedding)
  }
}
