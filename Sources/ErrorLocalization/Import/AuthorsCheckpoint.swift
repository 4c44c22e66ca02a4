import Datasets
import Foundation
import NeuralNetwork
import Segmentation

/// A checkpoint of the authors' program: a PyTorch file with the state dicts of encoder (`enc_state_dict`), main decoder
/// (`dec_state_dict`), auxiliary decoders (`dec_0`, `dec_1`, …) and ELN (`eln_state_dict`). It holds no teacher.
///
/// Names may have the prefix `module.` of PyTorch's DataParallel. Depths, widths and the number of classes are found from
/// the shapes. The networks evaluate as the authors' do: ELN reads the class scores (logits), its basic blocks are not
/// dilated, the output stride is 16.
///
/// *Source*: github.com/kinux98/SSL_ELN, what `train.py` saves.
package struct AuthorsCheckpoint {
  package let network: NetworkConfiguration
  package let classCount: Int
  /// Training steps that the checkpoint has behind it; 0 if it does not say.
  package let trainedSteps: Int
  private let file: WeightFile
  private let encoder: ForeignTensors
  private let decoder: ForeignTensors
  private let auxiliaryDecoders: [ForeignTensors]
  private let errorLocalization: ForeignTensors

  /// The authors' α; the program has a third for a third decoder.
  private static let alphas: [Float] = [20, 50, 100]
  private static let stepsPerEpoch = 266

  package init(contentsOf url: URL) throws {
    file = try WeightFile(contentsOf: url)
    let file = file
    func part(_ name: String, rename: (String) -> String? = { $0 }) throws -> ForeignTensors {
      let tensors = try ForeignTensors(file, part: name, prefix: name + ".") { path in
        rename(String(path.hasPrefix("module.") ? path.dropFirst("module.".count) : path))
      }
      guard !tensors.isEmpty else { throw Self.missing(name, in: file) }
      return tensors
    }
    encoder = try part("enc_state_dict") { path in
      path.hasPrefix("backbone.") ? String(path.dropFirst("backbone.".count)) : nil
    }
    decoder = try part("dec_state_dict")
    errorLocalization = try part("eln_state_dict") { path in
      path.replacing(".shortcut.", with: ".downsample.")
    }
    var auxiliary: [ForeignTensors] = []
    while file.names.contains(where: { $0.hasPrefix("dec_\(auxiliary.count).") }) {
      auxiliary.append(try part("dec_\(auxiliary.count)"))
    }
    auxiliaryDecoders = auxiliary
    (network, classCount) = try Self.configuration(
      encoder: encoder, decoder: decoder, auxiliaryCount: auxiliary.count,
      errorLocalization: errorLocalization)
    trainedSteps = file.savedEpoch.map { ($0 + 1) * Self.stepsPerEpoch } ?? 0
  }

  private static func missing(_ part: String, in file: WeightFile) -> ImportError {
    let found = Set(file.names.map { String($0.prefix { $0 != "." }) }).sorted()
    return ImportError(
      file.path,
      "not a checkpoint of the authors' program: no '\(part)'; it holds \(ImportError.listing(found))")
  }

  private static func configuration(
    encoder: ForeignTensors, decoder: ForeignTensors, auxiliaryCount: Int, errorLocalization: ForeignTensors
  ) throws(ImportError) -> (NetworkConfiguration, classCount: Int) {
    let sizes = try encoder.encoder()
    let classCount = try decoder.extent("cls.classifier.2.weight", axis: 0)
    guard (2...255).contains(classCount) else {
      throw ImportError(decoder.file.path, "scores for \(classCount) classes, expected 2 to 255")
    }
    let elnSizes = try errorLocalization.encoder(under: "backbone.")
    guard sizes.inputChannels == 3, elnSizes.inputChannels == 3 + 1 + classCount else {
      throw ImportError(
        decoder.file.path,
        "the encoder reads \(sizes.inputChannels) channels and ELN \(elnSizes.inputChannels); expected 3 and "
          + "3 + 1 + \(classCount) classes")
    }
    let network = NetworkConfiguration(
      encoder: ResNetConfiguration(depth: sizes.depth, width: sizes.width),
      decoder: try decoder.decoder(DecoderConfiguration()),
      projectionChannels: try decoder.extent("proj.projector.2.weight", axis: 0),
      auxiliaryAlphas: (0..<auxiliaryCount).map { alphas[min($0, alphas.count - 1)] },
      errorLocalization: ErrorLocalizationConfiguration(
        depth: elnSizes.depth, width: elnSizes.width,
        decoder: try errorLocalization.decoder(.errorLocalization), classInput: .logits,
        dilatesBasicBlocks: false))
    return (network, classCount)
  }

  /// What was found, in a line.
  package var summary: String {
    let encoder = BackboneWeights.name(network.encoder.depth, width: network.encoder.width)
    let eln = BackboneWeights.name(network.errorLocalization.depth, width: network.errorLocalization.width)
    let decoders = auxiliaryDecoders.count
    return "\(encoder), ELN on \(eln), \(decoders) auxiliary decoder\(decoders == 1 ? "" : "s"), "
      + "\(classCount) classes" + (trainedSteps > 0 ? ", \(trainedSteps) steps" : "")
  }

  /// The networks with the checkpoint's parameters and running statistics.
  ///
  /// What the file does not say of the training (learning rates, losses, stages) is put down as in the preset `voc-r50`.
  ///
  /// - Parameter inputSize: what images are resized to before they are audited; `nil` = left as they are.
  /// - Throws: for another number of classes, and for tensors that are missing, unexpected or of another shape.
  package func model(
    classes: ClassList, ignoreLabel: UInt8, inputSize: (width: Int, height: Int)?
  ) throws -> ErrorModel {
    guard classes.count == classCount else {
      throw ImportError(
        file.path, "scores for \(classCount) classes, but the class list names \(classes.count)")
    }
    var training = Preset.vocR50.configuration
    training.network = network
    training.data.augmentation.resizeWidth = inputSize?.width ?? 0
    training.data.augmentation.resizeHeight = inputSize?.height ?? 0
    let model = ErrorModel(
      ModelDescription(
        classNames: classes.names, classColors: classes.colors.map { [$0.red, $0.green, $0.blue] },
        ignoreLabel: ignoreLabel, training: training, trainedSteps: trainedSteps, seed: 0),
      hasAuxiliaryDecoders: !auxiliaryDecoders.isEmpty)
    var pairs = [
      (encoder, model.segmentation.encoder.state), (decoder, model.segmentation.decoder.state),
    ]
    if let network = model.errorLocalization { pairs.append((errorLocalization, network.state)) }
    pairs += zip(auxiliaryDecoders, model.auxiliaryDecoders.map(\.state))
    for (tensors, state) in pairs {
      try tensors.check(tensors.differences(from: state), against: state)
    }
    for (tensors, state) in pairs { try tensors.load(into: state) }
    return model
  }
}

extension WeightFile {
  /// The epoch, counted from 0, after which the authors' program saved the file.
  fileprivate var savedEpoch: Int? {
    guard case .pyTorch(let file) = self, case .integer(let epoch)? = file.root["epoch"],
      (0..<1_000_000).contains(epoch)
    else { return nil }
    return epoch
  }
}
