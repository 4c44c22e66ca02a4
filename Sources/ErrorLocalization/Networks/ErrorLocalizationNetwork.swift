import NeuralNetwork
import Segmentation
import TensorCore

/// How the class output of a decoder is shown to the error localisation network.
package enum ClassInput: String, Hashable, Sendable, Codable, CaseIterable {
  /// As the authors' program; the default of the paper's presets.
  case logits
  /// As the paper writes it.
  case probabilities
  /// The label alone: what a label map from another program offers.
  case oneHot = "one-hot"
  /// The probabilities, and beside them the judged label (one-hot): label maps that the network did not make itself
  /// can be judged, with the network's own opinion at hand. Not in the paper.
  case judged

  /// Input channels for so many classes.
  func channelCount(classCount: Int) -> Int { self == .judged ? 2 * classCount : classCount }
}

/// What decides which pixels of a pseudo-label are used, and what the audit's error probability comes from.
package enum Corrector: String, Hashable, Sendable, Codable, CaseIterable {
  /// The error localisation network (the paper's method): one output, "this label is right".
  case errorLocalization = "eln"
  /// The error correction network of Mendel et al., ECCV 2020, on ELN's own backbone and decoder: classes + 1 outputs,
  /// the last one "this label is right", the others what it should have been.
  case errorCorrection = "ecn"
  /// The maximum softmax against `losses.confidenceThreshold`; no second network is trained.
  case threshold
}

/// Sizes of the error localisation network.
package struct ErrorLocalizationConfiguration: Hashable, Sendable, Codable {
  package var depth: ResNetConfiguration.Depth
  package var width: Int
  package var outputStride: Int
  package var decoder: DecoderConfiguration
  package var classInput: ClassInput
  /// Off: as the authors' program, whose basic blocks lose their dilation (imported checkpoints need that).
  package var dilatesBasicBlocks: Bool

  package init(
    depth: ResNetConfiguration.Depth = .resnet34, width: Int = 64, outputStride: Int = 16,
    decoder: DecoderConfiguration = .errorLocalization, classInput: ClassInput = .logits,
    dilatesBasicBlocks: Bool = true
  ) {
    self.depth = depth
    self.width = width
    self.outputStride = outputStride
    self.decoder = decoder
    self.classInput = classInput
    self.dilatesBasicBlocks = dilatesBasicBlocks
  }
}

/// The Error Localization Network: looks at an image and a prediction, and says for every pixel whether the predicted
/// label is right. As an error correction network it also says what it should have been.
///
/// *Source*: Kwon, Kwak, CVPR 2022, section 3; sizes as the authors' program.
package final class ErrorLocalizationNetwork: Module {
  package let configuration: ErrorLocalizationConfiguration
  package let corrector: Corrector
  package let backbone: ResNet
  private let decoder: DeepLabDecoder
  private let classifier: PixelHead

  package init(
    _ configuration: ErrorLocalizationConfiguration, corrector: Corrector = .errorLocalization,
    classCount: Int, using generator: inout SeededGenerator
  ) {
    self.configuration = configuration
    self.corrector = corrector
    let encoder = ResNetConfiguration(
      depth: configuration.depth, outputStride: configuration.outputStride, width: configuration.width,
      inputChannels: 3 + 1 + configuration.classInput.channelCount(classCount: classCount),
      dilatesBasicBlocks: configuration.dilatesBasicBlocks)
    backbone = ResNet(encoder, using: &generator)
    decoder = DeepLabDecoder(configuration.decoder, encoder: encoder, using: &generator)
    classifier = PixelHead(
      channels: configuration.decoder.decoderChannels,
      outputChannels: corrector == .errorCorrection ? classCount + 1 : 1, using: &generator)
  }

  /// *Shape*: input of `ErrorLocalizationInput`; result `[N, H / 4, W / 4, 1]`, or classes + 1 channels for error
  /// correction. *Range*: logits; the single channel is positive where the label looks right.
  package func callAsFunction(_ input: ErrorLocalizationInput, _ context: ForwardContext) -> Variable {
    classifier(decoder(backbone(Variable(input.value), context), context), context)
  }

  /// The logit of "this label is right", without a path back. *Shape*: `[N, H / 4, W / 4, 1]`.
  package func rightLogits(_ input: ErrorLocalizationInput, _ context: ForwardContext) -> Tensor {
    let output = self(input, context).value
    guard corrector == .errorCorrection else { return output }
    return output.lastChannelLogOdds()
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(backbone, path, "backbone")
    state.add(decoder, path, "")
    state.add(classifier, path, "classifier")
  }
}
