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
/// label is right.
///
/// *Source*: Kwon, Kwak, CVPR 2022, section 3; sizes as the authors' program.
package final class ErrorLocalizationNetwork: Module {
  package let configuration: ErrorLocalizationConfiguration
  package let backbone: ResNet
  private let decoder: DeepLabDecoder
  private let classifier: PixelHead

  package init(
    _ configuration: ErrorLocalizationConfiguration, classCount: Int, using generator: inout SeededGenerator
  ) {
    self.configuration = configuration
    let encoder = ResNetConfiguration(
      depth: configuration.depth, outputStride: configuration.outputStride, width: configuration.width,
      inputChannels: 3 + 1 + classCount, dilatesBasicBlocks: configuration.dilatesBasicBlocks)
    backbone = ResNet(encoder, using: &generator)
    decoder = DeepLabDecoder(configuration.decoder, encoder: encoder, using: &generator)
    classifier = PixelHead(
      channels: configuration.decoder.decoderChannels, outputChannels: 1, using: &generator)
  }

  /// *Shape*: input of `ErrorLocalizationInput`, `[N, H, W, 3 + 1 + classes]`; result `[N, H / 4, W / 4, 1]`.
  /// *Range*: logits, positive where the label looks right.
  package func callAsFunction(_ input: ErrorLocalizationInput, _ context: ForwardContext) -> Variable {
    classifier(decoder(backbone(Variable(input.value), context), context), context)
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(backbone, path, "backbone")
    state.add(decoder, path, "")
    state.add(classifier, path, "classifier")
  }
}

/// Image, entropy and class output joined at the image's size, in this order; nothing flows back into them.
package struct ErrorLocalizationInput {
  /// `[N, H, W, 3 + 1 + classes]`.
  let value: Tensor
  /// Label, confidence and entropy of the prediction at the image's size.
  package let statistics: SoftmaxStatistics

  /// *Shape*: images `[N, H, W, 3]`, normalised; logits `[N, h, w, classes]`.
  package init(images: Tensor, logits: Tensor, classInput: ClassInput) {
    let resized = logits.resized(height: images.shape[1], width: images.shape[2], alignment: .corners)
    statistics = resized.softmaxStatistics()
    let shape = images.shape
    let entropy = statistics.entropy.reshaped(to: [shape[0], shape[1], shape[2], 1])
    let classes: Tensor
    switch classInput {
    case .logits: classes = resized
    case .probabilities: classes = resized.softmax()
    case .oneHot: classes = Tensor(oneHot: statistics.labels, classCount: logits.shape[3])
    }
    value = Variable.concatenated([Variable(images), Variable(entropy), Variable(classes)]).value
  }
}
