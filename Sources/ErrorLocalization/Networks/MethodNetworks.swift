import NeuralNetwork
import Segmentation
import TensorCore

/// Sizes of all networks of the method.
package struct NetworkConfiguration: Hashable, Sendable, Codable {
  package var encoder: ResNetConfiguration
  package var decoder: DecoderConfiguration
  package var projectionChannels: Int
  /// α of each auxiliary decoder: it learns only while its loss is above α times the main decoder's.
  package var auxiliaryAlphas: [Float]
  package var errorLocalization: ErrorLocalizationConfiguration
  package var corrector = Corrector.errorLocalization
  /// Cross-fitting (not in the paper): so many further segmentation networks are trained, each without one fold of the
  /// labelled images, and ELN learns from what each predicts on the images that it has not seen. 0 = none, else ≥ 2.
  package var crossFittingFolds = 0
  /// Whether the model file holds the auxiliary decoders, so that an audit can ask how far they disagree.
  package var keepsAuxiliaryDecoders = true

  package init(
    encoder: ResNetConfiguration, decoder: DecoderConfiguration = .init(), projectionChannels: Int = 128,
    auxiliaryAlphas: [Float] = [20, 50], errorLocalization: ErrorLocalizationConfiguration = .init()
  ) {
    self.encoder = encoder
    self.decoder = decoder
    self.projectionChannels = projectionChannels
    self.auxiliaryAlphas = auxiliaryAlphas
    self.errorLocalization = errorLocalization
  }
}

/// Encoder and main decoder: what is needed to segment.
package final class SegmentationNetwork: Module {
  package let encoder: ResNet
  package let decoder: SegmentationDecoder

  package init(_ configuration: NetworkConfiguration, classCount: Int, using generator: inout SeededGenerator)
  {
    encoder = ResNet(configuration.encoder, using: &generator)
    decoder = SegmentationDecoder(
      configuration.decoder, encoder: configuration.encoder, classCount: classCount,
      projectionChannels: configuration.projectionChannels, using: &generator)
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(encoder, path, "encoder")
    state.add(decoder, path, "decoder")
  }
}

/// The networks that are trained together, and the teacher.
package final class MethodNetworks: Module {
  package let configuration: NetworkConfiguration
  package let classCount: Int
  package let student: SegmentationNetwork
  package let auxiliaryDecoders: [SegmentationDecoder]
  package let errorLocalization: ErrorLocalizationNetwork
  /// The moving average of the student; a copy of it when the semi-supervised stage begins.
  package let teacher: SegmentationNetwork
  /// Cross-fitting: the k-th learns from all folds but the k-th.
  package let foldNetworks: [SegmentationNetwork]

  package init(_ configuration: NetworkConfiguration, classCount: Int, seed: UInt64) {
    precondition((2...255).contains(classCount))
    self.configuration = configuration
    self.classCount = classCount
    var generator = SeededGenerator(seed: seed, stream: 0)
    student = SegmentationNetwork(configuration, classCount: classCount, using: &generator)
    auxiliaryDecoders = configuration.auxiliaryAlphas.map { _ in
      SegmentationDecoder(
        configuration.decoder, encoder: configuration.encoder, classCount: classCount,
        projectionChannels: configuration.projectionChannels, using: &generator)
    }
    errorLocalization = ErrorLocalizationNetwork(
      configuration.errorLocalization, corrector: configuration.corrector, classCount: classCount,
      using: &generator)
    teacher = SegmentationNetwork(configuration, classCount: classCount, using: &generator)
    teacher.state.copyValues(from: student.state)
    foldNetworks = (0..<configuration.crossFittingFolds).map { _ in
      SegmentationNetwork(configuration, classCount: classCount, using: &generator)
    }
  }

  package func collect(into state: inout NetworkState, path: String) {
    state.add(student, path, "student")
    for (index, decoder) in auxiliaryDecoders.enumerated() { state.add(decoder, path, "auxiliary.\(index)") }
    state.add(errorLocalization, path, "eln")
    state.add(teacher, path, "teacher")
    for (index, network) in foldNetworks.enumerated() { state.add(network, path, "fold.\(index)") }
  }
}
