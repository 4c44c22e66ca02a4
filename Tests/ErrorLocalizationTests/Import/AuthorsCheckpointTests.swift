import Datasets
import ErrorLocalization
import Foundation
import Imaging
import NeuralNetwork
import TensorCore
import Testing

@Suite struct AuthorsCheckpointTests {
  static let classes = ClassList(names: ["a", "b", "c", "d", "e"])
  /// The bar of the import; what is left is the order of additions.
  private static let tolerance: Float = 1e-4

  private func model(_ url: URL = ImportFixture.checkpoint) throws -> ErrorModel {
    try AuthorsCheckpoint(contentsOf: url).model(classes: Self.classes, ignoreLabel: 255, inputSize: nil)
  }

  private func image() throws -> (RGBImage, SafetensorsFile) {
    let file = try SafetensorsFile(contentsOf: ImportFixture.scores)
    let pixels = try file.tensor("pixels")
    return (
      RGBImage(width: pixels.shape[1], height: pixels.shape[0], pixels: pixels.values.map { UInt8($0) }), file
    )
  }

  @Test func scoresAgreeWithPyTorch() throws {
    let (image, file) = try image()
    let scores = try model().scores(image)
    let logits = try file.tensor("logits")
    #expect(ImportFixture.relativeDifference(scores.logits, logits) < Self.tolerance)
    let eln = try file.tensor("eln_logits")
    #expect(ImportFixture.relativeDifference(scores.errorLocalizationLogits, eln) < Self.tolerance)
  }

  @Test func aModelFileOfItGivesTheSameScores() throws {
    let (image, file) = try image()
    let url = try SmallTraining.temporaryFile("model.safetensors")
    try model().write(programVersion: "test", to: url)
    let scores = try ErrorModel(contentsOf: url).scores(image)
    let eln = try file.tensor("eln_logits")
    #expect(ImportFixture.relativeDifference(scores.errorLocalizationLogits, eln) < Self.tolerance)
    #expect(try ErrorModel(contentsOf: url).supports(.init(estimator: .disagreement)))
    let written = try SafetensorsFile(contentsOf: url)
    let checkpoint = try PyTorchFile(contentsOf: ImportFixture.checkpoint)
    for (ours, theirs) in [
      ("auxiliary.0.cls.classifier.2.bias", "dec_0.cls.classifier.2.bias"),
      ("auxiliary.0.aspp.bn1.running_var", "dec_0.aspp.bn1.running_var"),
      ("segmentation.encoder.layer4.2.bn3.running_mean", "enc_state_dict.backbone.layer4.2.bn3.running_mean"),
      ("eln.backbone.layer2.0.downsample.0.weight", "eln_state_dict.backbone.layer2.0.shortcut.0.weight"),
    ] {
      #expect(try written.tensor(ours).values == checkpoint.tensor(theirs).values, "\(ours)")
    }
  }

  @Test func sizesAreFoundFromTheShapes() throws {
    let checkpoint = try AuthorsCheckpoint(contentsOf: ImportFixture.checkpoint)
    let network = checkpoint.network
    #expect(network.encoder.depth == .resnet50 && network.encoder.width == 2)
    #expect(network.errorLocalization.depth == .resnet18 && network.errorLocalization.width == 2)
    #expect(network.decoder.asppChannels == 3 && network.decoder.lowLevelChannels == 3)
    #expect(network.decoder.decoderChannels == 4 && network.projectionChannels == 4)
    #expect(network.auxiliaryAlphas == [20] && checkpoint.classCount == 5)
    // Saved after epoch 130, counted from 0.
    #expect(checkpoint.trainedSteps == 131 * 266)
    #expect(
      checkpoint.summary.contains("ResNet-50 of width 2, ELN on ResNet-18 of width 2, 1 auxiliary decoder"))
  }

  /// Imported networks evaluate as the authors' do, whatever is the default of ours.
  @Test func settingsAreTheAuthors() throws {
    let description = try model().description
    #expect(description.network.errorLocalization.classInput == .logits)
    #expect(!description.network.errorLocalization.dilatesBasicBlocks)
    #expect(description.network.encoder.outputStride == 16 && description.inputWidth == 0)
    let resized = try AuthorsCheckpoint(contentsOf: ImportFixture.checkpoint)
      .model(classes: Self.classes, ignoreLabel: 255, inputSize: (width: 505, height: 504)).description
    #expect(resized.inputWidth == 505 && resized.inputHeight == 504)
  }

  /// With dilated blocks, as the paper has them, the same weights mean something else.
  @Test func dilationWouldChangeTheScores() throws {
    let (image, file) = try image()
    let url = try SmallTraining.temporaryFile("model.safetensors")
    try model().write(programVersion: "test", to: url)
    let written = try SafetensorsFile(contentsOf: url)
    let dilated = try SmallTraining.temporaryFile("dilated.safetensors")
    var metadata = written.metadata
    let text = try #require(metadata["description"])
    #expect(text.contains("\"dilatesBasicBlocks\":false"))
    metadata["description"] = text.replacing(
      "\"dilatesBasicBlocks\":false", with: "\"dilatesBasicBlocks\":true")
    try SafetensorsWriter.write(
      written.names.map { ($0, try written.tensor($0)) }, metadata: metadata, to: dilated)
    let scores = try ErrorModel(contentsOf: dilated).scores(image)
    let eln = try file.tensor("eln_logits")
    #expect(ImportFixture.relativeDifference(scores.errorLocalizationLogits, eln) > 0.01)
  }

  @Test func theirPrefixOfDataParallelIsTakenOff() throws {
    let url = try ImportFixture.rewritten { name, tensor in
      let parts = name.split(separator: ".", maxSplits: 1)
      return ("\(parts[0]).module.\(parts[1])", tensor)
    }
    let (image, file) = try image()
    let logits = try file.tensor("logits")
    #expect(ImportFixture.relativeDifference(try model(url).scores(image).logits, logits) < Self.tolerance)
  }

  private func refusal(_ url: URL) -> String {
    do {
      _ = try model(url)
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test func aMissingTensorIsNamed() throws {
    let url = try ImportFixture.rewritten { name, tensor in
      name.hasSuffix("layer2.1.bn2.running_var") && name.hasPrefix("enc") ? nil : (name, tensor)
    }
    #expect(refusal(url) == "\(url.path): enc_state_dict: missing are 'layer2.1.bn2.running_var'")
    let many = try ImportFixture.rewritten { name, tensor in
      name.hasPrefix("dec_0.proj") ? nil : (name, tensor)
    }
    #expect(refusal(many).contains("dec_0: missing are 'proj.projector.0.weight', "))
    #expect(refusal(many).hasSuffix(" and 1 more"))
  }

  @Test func anUnexpectedTensorIsNamed() throws {
    let url = try ImportFixture.rewritten(
      adding: [("eln_state_dict.aspp.aspp5.bn.weight", Tensor(zeros: [3]))]
    ) { ($0, $1) }
    #expect(refusal(url).hasSuffix("unexpected are 'eln_state_dict.aspp.aspp5.bn.weight'"))
    let outside = try ImportFixture.rewritten(adding: [("enc_state_dict.head.weight", Tensor(zeros: [3]))]) {
      ($0, $1)
    }
    #expect(refusal(outside).hasSuffix("unexpected are 'enc_state_dict.head.weight'"))
  }

  @Test func aTensorOfAnotherShapeIsNamed() throws {
    let url = try ImportFixture.rewritten { name, tensor in
      name == "dec_state_dict.aspp.aspp3.bn.bias" ? (name, Tensor(zeros: [7])) : (name, tensor)
    }
    #expect(refusal(url).hasSuffix("dec_state_dict: 'aspp.aspp3.bn.bias' has shape [7], expected [3]"))
    let noConvolution = try ImportFixture.rewritten { name, tensor in
      name == "dec_state_dict.cls.classifier.2.weight" ? (name, Tensor(zeros: [7])) : (name, tensor)
    }
    #expect(refusal(noConvolution).contains("has shape [7], expected a convolution's weights"))
  }

  @Test func aMissingPartIsNamed() throws {
    let url = try ImportFixture.rewritten { name, tensor in
      name.hasPrefix("eln_state_dict") ? nil : (name, tensor)
    }
    #expect(refusal(url).contains("not a checkpoint of the authors' program: no 'eln_state_dict'; it holds"))
  }

  @Test func anotherDepthIsRefused() throws {
    let url = try ImportFixture.rewritten { name, tensor in
      name.contains("backbone.layer3.5.") ? nil : (name, tensor)
    }
    #expect(refusal(url).contains("enc_state_dict: layers of 3, 4, 5, 3 bottlenecks, expected those of"))
  }

  @Test func twoNamesOfOneTensorAreRefused() throws {
    let url = try ImportFixture.rewritten(
      adding: [("dec_state_dict.module.aspp.bn1.bias", Tensor(zeros: [3]))]
    ) { ($0, $1) }
    #expect(refusal(url).contains("are the same tensor"))
  }

  @Test func anotherNumberOfClassesIsRefused() throws {
    let checkpoint = try AuthorsCheckpoint(contentsOf: ImportFixture.checkpoint)
    let error = #expect(throws: ImportError.self) {
      _ = try checkpoint.model(
        classes: ClassList(names: ["a", "b"]), ignoreLabel: 255, inputSize: nil)
    }
    #expect(error?.description.contains("scores for 5 classes, but the class list names 2") == true)
  }
}
