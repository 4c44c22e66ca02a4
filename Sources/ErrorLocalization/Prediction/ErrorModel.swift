import Foundation
import NeuralNetwork
import Segmentation
import TensorCore

/// A trained segmentation network (the teacher, where there is one) with its error localisation network.
package final class ErrorModel {
  package let description: ModelDescription
  let segmentation: SegmentationNetwork
  /// `nil` where training used the threshold alone, or ended before ELN learned anything.
  let errorLocalization: ErrorLocalizationNetwork?
  /// Empty where the model file does not hold them.
  let auxiliaryDecoders: [SegmentationDecoder]

  private static let formatName = "errata-model-1"
  /// Older versions of the program refuse it.
  private static let quantizedFormatName = "errata-model-int8-1"

  /// Networks without values, for a reader to fill.
  init(_ description: ModelDescription, hasErrorLocalization: Bool = true, hasAuxiliaryDecoders: Bool) {
    self.description = description
    var generator = SeededGenerator(seed: 0)
    let classCount = description.classNames.count
    let network = description.network
    (segmentation, errorLocalization, auxiliaryDecoders) = Initializer.withoutValues {
      let segmentation = SegmentationNetwork(network, classCount: classCount, using: &generator)
      let errorLocalization =
        network.corrector == .threshold || !hasErrorLocalization
        ? nil
        : ErrorLocalizationNetwork(
          network.errorLocalization, corrector: network.corrector, classCount: classCount, using: &generator)
      let auxiliaryDecoders = (hasAuxiliaryDecoders ? network.auxiliaryAlphas : []).map { _ in
        SegmentationDecoder(
          network.decoder, encoder: network.encoder, classCount: classCount,
          projectionChannels: network.projectionChannels, using: &generator)
      }
      return (segmentation, errorLocalization, auxiliaryDecoders)
    }
  }

  /// The networks of a training as an audit would use them: shared, not copied.
  ///
  /// - Parameter judgesErrors: off while ELN has not learned anything yet.
  package init(
    _ networks: MethodNetworks, usesTeacher: Bool, judgesErrors: Bool = true, description: ModelDescription
  ) {
    self.description = description
    segmentation = usesTeacher ? networks.teacher : networks.student
    let hasELN = judgesErrors && description.network.corrector != .threshold
    errorLocalization = hasELN ? networks.errorLocalization : nil
    auxiliaryDecoders = networks.auxiliaryDecoders
  }

  /// Reads `model.safetensors`.
  package convenience init(contentsOf url: URL) throws {
    let file = try SafetensorsFile(contentsOf: url)
    let format = file.metadata["format"] ?? "none"
    guard [Self.formatName, Self.quantizedFormatName].contains(format),
      let text = file.metadata["description"]
    else {
      throw SafetensorsError(
        file: url.path,
        reason: "not a model of errata (format '\(format)', expected '\(Self.formatName)')")
    }
    let description: ModelDescription
    do {
      description = try ModelDescription(json: text)
    } catch {
      throw SafetensorsError(file: url.path, reason: "its description cannot be read: \(error)")
    }
    guard (2...255).contains(description.classNames.count) else {
      throw SafetensorsError(
        file: url.path, reason: "\(description.classNames.count) classes, expected 2 to 255")
    }
    self.init(
      description, hasErrorLocalization: file.names.contains { $0.hasPrefix("eln.") },
      hasAuxiliaryDecoders: file.names.contains { $0.hasPrefix("auxiliary.") })
    for (prefix, state) in states { try state.load(from: file, prefix: prefix) }
  }

  /// Everything that the networks hold, under the paths of the model file.
  var states: [(prefix: String, state: NetworkState)] {
    Self.states(segmentation, errorLocalization, auxiliaryDecoders)
  }

  private static func states(
    _ segmentation: SegmentationNetwork, _ errorLocalization: ErrorLocalizationNetwork?,
    _ auxiliaryDecoders: [SegmentationDecoder]
  ) -> [(prefix: String, state: NetworkState)] {
    [("segmentation.", segmentation.state)] + (errorLocalization.map { [("eln.", $0.state)] } ?? [])
      + auxiliaryDecoders.enumerated().map { ("auxiliary.\($0).", $1.state) }
  }

  /// Writes the teacher (before the semi-supervised stage the student), ELN, and where configured the auxiliary
  /// decoders to one file.
  ///
  /// - Parameter judgesErrors: off after supervised steps alone. ELN and the auxiliary decoders have not learned anything
  ///   then: they are left out, so that no audit asks them.
  package static func write(
    _ networks: MethodNetworks, usesTeacher: Bool, judgesErrors: Bool = true, description: ModelDescription,
    programVersion: String, to url: URL
  ) throws {
    let hasELN = judgesErrors && description.network.corrector != .threshold
    let hasAuxiliaryDecoders = judgesErrors && description.network.keepsAuxiliaryDecoders
    let states = states(
      usesTeacher ? networks.teacher : networks.student, hasELN ? networks.errorLocalization : nil,
      hasAuxiliaryDecoders ? networks.auxiliaryDecoders : [])
    try write(states, description: description, programVersion: programVersion, to: url)
  }

  /// Writes the model as it is.
  package func write(programVersion: String, to url: URL) throws {
    try Self.write(states, description: description, programVersion: programVersion, to: url)
  }

  private static func write(
    _ states: [(prefix: String, state: NetworkState)], description: ModelDescription, programVersion: String,
    to url: URL
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let isQuantized = states.contains { $0.state.isQuantized }
    try SafetensorsWriter.write(
      states.flatMap { $0.state.storedTensors(prefix: $0.prefix) },
      metadata: [
        "format": isQuantized ? quantizedFormatName : formatName, "program_version": programVersion,
        "description": String(decoding: try encoder.encode(description), as: UTF8.self),
      ], to: url)
  }
}
