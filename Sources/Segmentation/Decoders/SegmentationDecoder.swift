import NeuralNetwork
import TensorCore

/// Decoder with classifier and projection head: the main decoder, and every auxiliary one, is one of these on the
/// shared encoder.
package final class SegmentationDecoder: Module {
  private let decoder: DeepLabDecoder
  private let classifier: PixelHead
  private let projector: PixelHead

  package init(
    _ configuration: DecoderConfiguration, encoder: ResNetConfiguration, classCount: Int,
    projectionChannels: Int,
    using generator: inout SeededGenerator
  ) {
    decoder = DeepLabDecoder(configuration, encoder: encoder, using: &generator)
    classifier = PixelHead(
      channels: configuration.decoderChannels, outputChannels: classCount, using: &generator)
    projector = PixelHead(
      channels: configuration.decoderChannels, outputChannels: projectionChannels, using: &generator)
  }

  package struct Output {
    /// Class scores, `[N, H / 4, W / 4, classes]`.
    package let logits: Variable
    /// Features for the contrastive loss, `[N, H / 4, W / 4, projectionChannels]`; `nil` unless asked for.
    package let projection: Variable?
  }

  package func callAsFunction(
    _ features: ResNet.Features, projects: Bool = false, _ context: ForwardContext
  ) -> Output {
    let decoded = decoder(features, context)
    return Output(
      logits: classifier(decoded, context), projection: projects ? projector(decoded, context) : nil)
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(decoder, path, "")
    state.add(classifier, path, "cls.classifier")
    state.add(projector, path, "proj.projector")
  }
}
