import Datasets
import Foundation
import Imaging
import NeuralNetwork
import Segmentation
import TensorCore

/// What a model needs to know about its classes and inputs; kept in the model file's metadata.
package struct ModelDescription: Hashable, Sendable, Codable {
  package var classNames: [String]
  /// 8-bit red, green, blue of each class.
  package var classColors: [[UInt8]]
  package var ignoreLabel: UInt8
  package var network: NetworkConfiguration
  /// Every input is resized to this size first; 0 = as it is.
  package var inputHeight: Int
  package var inputWidth: Int
  /// What the networks were trained with, for the record.
  package var training: TrainingConfiguration
  package var trainedSteps: Int
  package var seed: UInt64

  package init(
    classNames: [String], classColors: [[UInt8]], ignoreLabel: UInt8, training: TrainingConfiguration,
    trainedSteps: Int, seed: UInt64
  ) {
    self.classNames = classNames
    self.classColors = classColors
    self.ignoreLabel = ignoreLabel
    network = training.network
    inputHeight = training.data.augmentation.resizeHeight
    inputWidth = training.data.augmentation.resizeWidth
    self.training = training
    self.trainedSteps = trainedSteps
    self.seed = seed
  }
}

/// A trained segmentation network (the teacher, where there is one) with its error localisation network.
package final class ErrorModel {
  package let description: ModelDescription
  private let segmentation: SegmentationNetwork
  private let errorLocalization: ErrorLocalizationNetwork

  private static let formatName = "errata-model-1"

  private init(_ description: ModelDescription) {
    self.description = description
    // The values are overwritten by the file's.
    var generator = SeededGenerator(seed: 0)
    let classCount = description.classNames.count
    segmentation = SegmentationNetwork(description.network, classCount: classCount, using: &generator)
    errorLocalization = ErrorLocalizationNetwork(
      description.network.errorLocalization, classCount: classCount, using: &generator)
  }

  /// Reads `model.safetensors`.
  package convenience init(contentsOf url: URL) throws {
    let file = try SafetensorsFile(contentsOf: url)
    guard file.metadata["format"] == Self.formatName, let text = file.metadata["description"] else {
      throw SafetensorsError(
        file: url.path,
        reason:
          "not a model of errata (format '\(file.metadata["format"] ?? "none")', expected '\(Self.formatName)')"
      )
    }
    let description = try JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8))
    guard (2...255).contains(description.classNames.count) else {
      throw SafetensorsError(
        file: url.path, reason: "\(description.classNames.count) classes, expected 2 to 255")
    }
    self.init(description)
    try segmentation.state.load(from: file, prefix: "segmentation.")
    try errorLocalization.state.load(from: file, prefix: "eln.")
  }

  /// Writes the teacher (before the semi-supervised stage the student) and ELN to one file.
  package static func write(
    _ networks: MethodNetworks, usesTeacher: Bool, description: ModelDescription, programVersion: String,
    to url: URL
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let network = usesTeacher ? networks.teacher : networks.student
    try SafetensorsWriter.write(
      network.state.tensors(prefix: "segmentation.")
        + networks.errorLocalization.state.tensors(prefix: "eln."),
      metadata: [
        "format": formatName, "program_version": programVersion,
        "description": String(decoding: try encoder.encode(description), as: UTF8.self),
      ], to: url)
  }

  /// What the networks say about one image, at its own size.
  package struct Prediction {
    package let statistics: SoftmaxStatistics
    /// 1 − ELN's output. *Shape*: `[1, H, W, 1]`. *Range*: 0…1.
    package let errorProbability: Tensor
    package let classCount: Int
  }

  /// Runs both networks with their running statistics, without dropout.
  package func predict(_ image: RGBImage) -> Prediction {
    let isResized = description.inputHeight > 0 && description.inputWidth > 0
    let input =
      isResized ? image.resized(width: description.inputWidth, height: description.inputHeight) : image
    let images = ImageNormalization.tensor(from: input)
    let context = ForwardContext.inference
    let logits = segmentation.decoder(segmentation.encoder(Variable(images), context), context).logits.value
    let right = errorLocalization(
      ErrorLocalizationInput(
        images: images, logits: logits, classInput: description.network.errorLocalization.classInput), context
    ).value
    let statistics = logits.resized(height: image.height, width: image.width, alignment: .corners)
      .softmaxStatistics()
    // 1 − σ(x) = σ(−x)
    let wrong = right.resized(height: image.height, width: image.width, alignment: .corners).scaled(by: -1)
    return Prediction(
      statistics: statistics, errorProbability: Variable(wrong).sigmoid(),
      classCount: description.classNames.count)
  }
}
