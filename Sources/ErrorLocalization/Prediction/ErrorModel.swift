import Foundation
import NeuralNetwork
import Segmentation
import TensorCore

/// A trained segmentation network (the teacher, where there is one) with its error localisation network.
package final class ErrorModel {
  package let description: ModelDescription
  let segmentation: SegmentationNetwork
  /// `nil` where training used the threshold alone.
  let errorLocalization: ErrorLocalizationNetwork?
  /// Empty where the model file does not hold them.
  let auxiliaryDecoders: [SegmentationDecoder]

  private static let formatName = "errata-model-1"

  /// Networks without values, for a reader to fill.
  init(_ description: ModelDescription, hasAuxiliaryDecoders: Bool) {
    self.description = description
    var generator = SeededGenerator(seed: 0)
    let classCount = description.classNames.count
    let network = description.network
    (segmentation, errorLocalization, auxiliaryDecoders) = Initializer.withoutValues {
      let segmentation = SegmentationNetwork(network, classCount: classCount, using: &generator)
      let errorLocalization =
        network.corrector == .threshold
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
    guard file.metadata["format"] == Self.formatName, let text = file.metadata["description"] else {
      throw SafetensorsError(
        file: url.path,
        reason:
          "not a model of errata (format '\(file.metadata["format"] ?? "none")', expected '\(Self.formatName)')"
      )
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
      description, hasAuxiliaryDecoders: file.names.contains { $0.hasPrefix("auxiliary.") })
    try segmentation.state.load(from: file, prefix: "segmentation.")
    try errorLocalization?.state.load(from: file, prefix: "eln.")
    for (index, decoder) in auxiliaryDecoders.enumerated() {
      try decoder.state.load(from: file, prefix: "auxiliary.\(index).")
    }
  }

  /// Writes the teacher (before the semi-supervised stage the student), ELN, and where configured the auxiliary
  /// decoders to one file.
  package static func write(
    _ networks: MethodNetworks, usesTeacher: Bool, description: ModelDescription, programVersion: String,
    to url: URL
  ) throws {
    try write(
      segmentation: usesTeacher ? networks.teacher : networks.student,
      errorLocalization: description.network.corrector == .threshold ? nil : networks.errorLocalization,
      auxiliaryDecoders: description.network.keepsAuxiliaryDecoders ? networks.auxiliaryDecoders : [],
      description: description, programVersion: programVersion, to: url)
  }

  /// Writes the model as it is.
  package func write(programVersion: String, to url: URL) throws {
    try Self.write(
      segmentation: segmentation, errorLocalization: errorLocalization, auxiliaryDecoders: auxiliaryDecoders,
      description: description, programVersion: programVersion, to: url)
  }

  private static func write(
    segmentation: SegmentationNetwork, errorLocalization: ErrorLocalizationNetwork?,
    auxiliaryDecoders: [SegmentationDecoder], description: ModelDescription, programVersion: String,
    to url: URL
  ) throws {
    var tensors = segmentation.state.tensors(prefix: "segmentation.")
    if let errorLocalization { tensors += errorLocalization.state.tensors(prefix: "eln.") }
    for (index, decoder) in auxiliaryDecoders.enumerated() {
      tensors += decoder.state.tensors(prefix: "auxiliary.\(index).")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try SafetensorsWriter.write(
      tensors,
      metadata: [
        "format": formatName, "program_version": programVersion,
        "description": String(decoding: try encoder.encode(description), as: UTF8.self),
      ], to: url)
  }
}
