import Datasets
import ErrorLocalization
import Foundation
import Imaging
import NeuralNetwork
import Segmentation
import TensorCore
import Testing

/// A quantised model against the one that it was made of.
@Suite struct QuantizedModelTests {
  /// Wide enough for bytes to matter, and settled: running statistics that are those of the activations.
  ///
  /// - Parameter change: of the networks, at last.
  private func model(_ change: (MethodNetworks) -> Void = { _ in }) -> ErrorModel {
    var configuration = SmallTraining.configuration()
    configuration.network.encoder.width = 32
    configuration.network.errorLocalization.width = 32
    configuration.network.decoder.asppChannels = 32
    configuration.network.errorLocalization.decoder.asppChannels = 32
    let networks = MethodNetworks(configuration.network, classCount: 3, seed: 1)
    let context = ForwardContext(
      normalization: .batch, appliesDropout: false, recordsGradients: false,
      generator: SeededGenerator(seed: 0))
    for index in 0..<12 {
      let images = Tensor(stacking: (0..<2).map { ImageNormalization.tensor(from: image(2 * index + $0)) })
      let features = networks.student.encoder(Variable(images), context)
      let logits = networks.student.decoder(features, context).logits.value
      for decoder in networks.auxiliaryDecoders { _ = decoder(features, context) }
      _ = networks.errorLocalization(
        ErrorLocalizationInput(images: images, logits: logits, classInput: .logits), context)
    }
    change(networks)
    return ErrorModel(
      networks, usesTeacher: false,
      description: ModelDescription(
        classNames: ["a", "b", "c"], classColors: [[0, 0, 0], [1, 1, 1], [2, 2, 2]], ignoreLabel: 255,
        training: configuration, trainedSteps: 0, seed: 1))
  }

  private func image(_ index: Int) -> RGBImage {
    var generator = SeededGenerator(seed: UInt64(index))
    let (edge, shade) = (
      Int.random(in: 20..<70, using: &generator), Int.random(in: 0..<100, using: &generator)
    )
    let pixels = (0..<160 * 128 * 3).map { value -> UInt8 in
      let (x, y) = (value / 3 % 160, value / 3 / 160)
      let level = (x < edge ? 120 : 20) + (y < edge ? shade : 0) + (value % 3) * 10
      return UInt8(min(255, level + Int.random(in: 0..<16, using: &generator)))
    }
    return RGBImage(width: 160, height: 128, pixels: pixels)
  }

  private func quantize(_ model: ErrorModel) throws -> ErrorModel.QuantizationReport {
    try model.quantize(ErrorModel.QuantizationOptions(arithmetic: .vnni), count: 4) { image($0) }
  }

  /// Some twenty layers of bytes in each network; random weights keep no distance between the classes.
  private static let probabilityTolerance = 0.05

  @Test func agreesWithTheOriginal() throws {
    let model = model()
    let options = ErrorModel.PredictionOptions(estimator: .mean)
    let before = (10..<13).map { model.predict(image($0), options: options) }
    #expect(model.precision == .fp32)
    let report = try quantize(model)
    #expect(model.precision == .int8)
    let verdicts = Dictionary(grouping: report.layers, by: \.verdict)
    #expect((verdicts[.quantized]?.count ?? 0) > 30 && verdicts[.unused] == nil)
    #expect(
      verdicts[.signedInput]?.map(\.path) == ["segmentation.encoder.conv1", "eln.backbone.conv1"])
    #expect(report.equalLabels > 0.95 && report.meanErrorProbabilityChange < Self.probabilityTolerance)
    for (index, before) in zip(10..<13, before) {
      let after = model.predict(image(index), options: options)
      let change =
        zip(before.errorProbability.values, after.errorProbability.values)
        .reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) } / Double(before.errorProbability.count)
      #expect(change > 0 && change < Self.probabilityTolerance)
    }
  }

  @Test func comesBackFromItsFile() throws {
    let url = try SmallTraining.temporaryFile("model.safetensors")
    defer { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }
    let model = model()
    _ = try quantize(model)
    try model.write(programVersion: "0.1.0", to: url)
    #expect(try SafetensorsFile(contentsOf: url).metadata["format"] == "errata-model-int8-1")
    let read = try ErrorModel(contentsOf: url)
    #expect(read.precision == .int8)
    let options = ErrorModel.PredictionOptions(estimator: .combined)
    let (a, b) = (model.predict(image(20), options: options), read.predict(image(20), options: options))
    #expect(a.errorProbability.values == b.errorProbability.values)
    #expect(a.statistics.labels == b.statistics.labels)
    // And the file of what was read is the same file.
    let again = url.deletingLastPathComponent().appendingPathComponent("again.safetensors")
    try read.write(programVersion: "0.1.0", to: again)
    #expect(try Data(contentsOf: url) == Data(contentsOf: again))
    #expect(throws: ErrorModel.QuantizationProblem.self) { try quantize(read) }
  }

  @Test func repeatsItself() throws {
    let url = try SmallTraining.temporaryFile("first.safetensors")
    defer { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }
    let second = url.deletingLastPathComponent().appendingPathComponent("second.safetensors")
    for target in [url, second] {
      let model = model()
      _ = try quantize(model)
      try model.write(programVersion: "0.1.0", to: target)
    }
    #expect(try Data(contentsOf: url) == Data(contentsOf: second))
  }

  @Test func refusesNetworksThatDiverged() throws {
    let model = model { networks in
      for (_, parameter) in networks.student.encoder.state.parameters.prefix(1) {
        parameter.update { $0 = Tensor(repeating: .nan, shape: $0.shape) }
      }
    }
    #expect(throws: ErrorModel.QuantizationProblem.self) { try quantize(model) }
    #expect(model.precision == .fp32)
  }

  /// Runs and calibrations from before there was a choice do not name it.
  @Test func optionsNameThePrecisionWhereItIsNotTheUsual() throws {
    var options = ErrorModel.PredictionOptions(estimator: .mean)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(options), as: UTF8.self)
    #expect(text == #"{"estimator":"mean","usesFlip":false}"#)
    let decoder = JSONDecoder()
    #expect(try decoder.decode(ErrorModel.PredictionOptions.self, from: Data(text.utf8)) == options)
    options.precision = .int8
    let other = try encoder.encode(options)
    #expect(try decoder.decode(ErrorModel.PredictionOptions.self, from: other) == options)
  }
}
