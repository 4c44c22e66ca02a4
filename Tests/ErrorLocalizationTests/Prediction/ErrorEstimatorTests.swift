import ErrorLocalization
import Foundation
import Imaging
import NeuralNetwork
import TensorCore
import Testing

@Suite struct ErrorEstimatorTests {
  private let image = RGBImage(
    width: 44, height: 36, pixels: (0..<44 * 36 * 3).map { UInt8($0 * 37 % 251) })

  private func model(_ change: (inout TrainingConfiguration) -> Void = { _ in }) throws -> ErrorModel {
    var configuration = SmallTraining.configuration()
    change(&configuration)
    let state = SmallTraining.state(configuration)
    try SmallTraining.trainer(state).run { $0.step < 4 }
    let file = try SmallTraining.temporaryFile("model.safetensors")
    let description = ModelDescription(
      classNames: ["a", "b", "c"], classColors: [[1, 2, 3], [4, 5, 6], [7, 8, 9]], ignoreLabel: 255,
      training: configuration, trainedSteps: 4, seed: 5)
    try ErrorModel.write(
      state.networks, usesTeacher: false, description: description, programVersion: "test", to: file)
    return try ErrorModel(contentsOf: file)
  }

  private func constant(_ label: UInt8) -> LabelTensor {
    LabelTensor([UInt8](repeating: label, count: 44 * 36), shape: [1, 36, 44])
  }

  /// One of the classes is right: the probabilities that a map of each is right sum up to one.
  @Test(arguments: [ErrorEstimator.network, .confidence, .disagreement], [false, true])
  func rightProbabilitiesOfAllClassesSumToOne(_ estimator: ErrorEstimator, flips: Bool) throws {
    var options = ErrorModel.PredictionOptions(estimator: estimator)
    options.usesFlip = flips
    let model = try model()
    var sums = [Float](repeating: 0, count: 44 * 36)
    for label in 0..<3 as Range<UInt8> {
      let prediction = model.predict(image, labels: constant(label), options: options)
      #expect(prediction.statistics.labels == constant(label))
      for (pixel, wrong) in prediction.errorProbability.values.enumerated() { sums[pixel] += 1 - wrong }
    }
    #expect(sums.allSatisfy { abs($0 - 1) < 1e-3 })
  }

  @Test(arguments: ErrorEstimator.allCases)
  func aModelsOwnLabelsFromElsewhereAreJudgedAlike(_ estimator: ErrorEstimator) throws {
    let model = try model()
    var options = ErrorModel.PredictionOptions(estimator: estimator)
    options.usesFlip = estimator == .flip
    let own = model.predict(image, options: options)
    let given = model.predict(image, labels: own.statistics.labels, options: options)
    for (a, b) in zip(own.errorProbability.values, given.errorProbability.values) {
      #expect(abs(a - b) < 1e-5)
    }
    for (a, b) in zip(own.statistics.confidence.values, given.statistics.confidence.values) {
      #expect(abs(a - b) < 1e-5)
    }
  }

  @Test func withFlipsTheMirrorImageGivesTheMirroredMaps() throws {
    let model = try model()
    var options = ErrorModel.PredictionOptions(estimator: .network)
    options.usesFlip = true
    let mirrored = image.flippedHorizontally()
    let a = model.predict(image, options: options).errorProbability.flippedHorizontally().values
    let b = model.predict(mirrored, options: options).errorProbability.values
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 })
    let plain = model.predict(mirrored, options: .init(estimator: .network)).errorProbability.values
    #expect(zip(a, plain).contains { abs($0 - $1) > 1e-3 })
  }

  @Test func flipDisagreementIsTheDistanceOfTwoPredictions() throws {
    let model = try model()
    var options = ErrorModel.PredictionOptions(estimator: .flip)
    #expect(!model.supports(options))
    options.usesFlip = true
    #expect(model.supports(options))
    let found = model.predict(image, options: options).errorProbability.values
    let views = [
      model.scores(image).logits, model.scores(image.flippedHorizontally()).logits.flippedHorizontally(),
    ].map { $0.softmax() }
    let (height, width) = (views[0].shape[1], views[0].shape[2])
    var distance = [Float](repeating: 0, count: height * width)
    for index in 0..<views[0].count {
      distance[index / 3] += abs(views[0].values[index] - views[1].values[index]) / 2
    }
    let expected = Tensor(distance, shape: [1, height, width, 1]).resized(
      height: image.height, width: image.width, alignment: .corners)
    #expect(zip(found, expected.values).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(found.contains { $0 > 1e-3 } && found.allSatisfy { $0 <= 1 })
  }

  @Test func allDetectorsTakePartInTheJoinedEstimator() throws {
    let model = try model()
    var options = ErrorModel.PredictionOptions(estimator: .combined)
    #expect(model.parts(of: options) == [.network, .confidence, .entropy, .disagreement])
    options.usesFlip = true
    let prediction = model.predict(image, options: options)
    #expect(prediction.parts.map(\.estimator) == [.network, .confidence, .entropy, .disagreement, .flip])
    #expect(prediction.parts.allSatisfy { $0.values.count == image.width * image.height })
  }

  @Test func aNetworkThatSeesLabelsJudgesThemItself() throws {
    let model = try model {
      $0.network.errorLocalization.classInput = .judged
      $0.losses.judgedLabels.plantedWeight = 1
    }
    let maps = (0..<3 as Range<UInt8>).map {
      model.predict(image, labels: constant($0), options: .init(estimator: .network)).errorProbability.values
    }
    #expect(maps[0] != maps[1] && maps[1] != maps[2])
  }

  @Test func theThresholdsModelHasNoSecondNetwork() throws {
    let model = try model { $0.network.corrector = .threshold }
    #expect(model.defaultEstimator == .confidence)
    let isSupported = [ErrorEstimator.network, .mean, .disagreement].map {
      model.supports(.init(estimator: $0))
    }
    #expect(isSupported == [false, false, true])
    let prediction = model.predict(image, options: .init(estimator: .confidence))
    for (wrong, confidence) in zip(
      prediction.errorProbability.values, prediction.statistics.confidence.values)
    { #expect(abs(wrong + confidence - 1) < 1e-6) }
  }

  @Test func withoutAuxiliaryDecodersThereIsNoDisagreement() throws {
    let model = try model { $0.network.keepsAuxiliaryDecoders = false }
    #expect(!model.supports(.init(estimator: .disagreement)) && model.supports(.init(estimator: .network)))
  }
}
