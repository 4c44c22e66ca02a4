import ErrorLocalization
import Foundation
import Imaging
import NeuralNetwork
import Segmentation
import TensorCore
import Testing

@Suite struct ErrorLocalizationNetworkTests {
  @Test func hasThePublishedSize() {
    var generator = SeededGenerator(seed: 0)
    let network = ErrorLocalizationNetwork(
      ErrorLocalizationConfiguration(), classCount: 21, using: &generator)
    #expect(network.state.parameterCount == 26_911_265)
  }

  /// The fixture of the trajectory test holds an ELN and its scores too.
  @Test func scoresAgreeWithPyTorch() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/trajectory/trajectory.safetensors")
    let file = try SafetensorsFile(contentsOf: url)
    var generator = SeededGenerator(seed: 1)
    let decoder = DecoderConfiguration(asppChannels: 8, lowLevelChannels: 8, decoderChannels: 8)
    let network = ErrorLocalizationNetwork(
      ErrorLocalizationConfiguration(depth: .resnet18, width: 4, decoder: decoder), classCount: 5,
      using: &generator)
    try network.state.load(from: file, prefix: "eln.")
    let stored = try file.tensor("batch0.images")
    let input = ErrorLocalizationInput(
      images: Tensor(stored.values.map { $0 / 64 - 2 }, shape: stored.shape),
      logits: try file.tensor("inference.logits"), classInput: .logits)
    let found = network(input, .inference).value
    let expected = try file.tensor("inference.eln_logits")
    #expect(found.shape == expected.shape)
    let scale = expected.values.map(abs).max() ?? 1
    #expect(zip(found.values, expected.values).allSatisfy { abs($0 - $1) < 1e-4 * scale })
  }

  @Test func aModelFileGivesTheSamePredictions() throws {
    let state = SmallTraining.state()
    try SmallTraining.trainer(state).run { $0.step < 3 }
    let file = try SmallTraining.temporaryFile("model.safetensors")
    let description = ModelDescription(
      classNames: ["a", "b", "c"], classColors: [[1, 2, 3], [4, 5, 6], [7, 8, 9]], ignoreLabel: 255,
      training: state.configuration, trainedSteps: 3, seed: 5)
    try ErrorModel.write(
      state.networks, usesTeacher: false, description: description, programVersion: "test", to: file)
    let model = try ErrorModel(contentsOf: file)
    #expect(model.description == description)
    let image = RGBImage(width: 37, height: 29, pixels: (0..<37 * 29 * 3).map { UInt8($0 * 31 % 256) })
    let prediction = model.predict(image, options: .init(estimator: .network))
    #expect(prediction.statistics.labels.shape == [1, 29, 37])
    #expect(prediction.errorProbability.shape == [1, 29, 37, 1])
    #expect(prediction.errorProbability.values.allSatisfy { (0...1).contains($0) })
    #expect(prediction.statistics.labels.labels.allSatisfy { $0 < 3 })
    let again = try ErrorModel(contentsOf: file)
      .predict(image, options: .init(estimator: .network))
    #expect(again.errorProbability.values == prediction.errorProbability.values)
  }

  @Test func aFileThatIsNoModelIsRefused() throws {
    let file = try SmallTraining.temporaryFile("checkpoint.safetensors")
    try SmallTraining.state().save(to: file, notes: [:])
    let error = #expect(throws: SafetensorsError.self) { _ = try ErrorModel(contentsOf: file) }
    #expect(error?.description.contains("not a model of errata") == true)
  }

  @Test func theInputJoinsImageEntropyAndScores() {
    let images = Tensor([1, 2, 3], shape: [1, 1, 1, 3])
    let logits = Tensor([0, 0], shape: [1, 1, 1, 2])
    let network = ErrorLocalizationInput(images: images, logits: logits, classInput: .probabilities)
    #expect(network.statistics.labels.labels == [0])
    #expect(abs(network.statistics.entropy.values[0] - 0.6931472) < 1e-6)
  }
}
