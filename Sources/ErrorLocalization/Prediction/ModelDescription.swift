import Datasets
import Foundation

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

extension ModelDescription {
  /// Reads the metadata of a model file. Settings that an older version of this program did not know take the values
  /// of the preset `cpu`, whose further networks and losses are all off.
  init(json text: String) throws {
    let encoder = JSONEncoder()
    let defaults = ModelDescription(
      classNames: [], classColors: [], ignoreLabel: 255, training: Preset.cpu.configuration, trainedSteps: 0,
      seed: 0)
    let known = try JSONSerialization.jsonObject(with: encoder.encode(defaults))
    let found = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let merged = ModelDescription.overlay(found, on: known)
    self = try JSONDecoder().decode(
      ModelDescription.self, from: JSONSerialization.data(withJSONObject: merged))
  }

  private static func overlay(_ value: Any, on known: Any) -> Any {
    guard let value = value as? [String: Any], let known = known as? [String: Any] else { return value }
    return known.merging(value) { known, value in overlay(value, on: known) }
  }
}
