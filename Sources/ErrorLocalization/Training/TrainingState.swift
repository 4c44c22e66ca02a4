import Foundation
import NeuralNetwork
import TensorCore

/// Networks, optimizer and position of a training: all that a checkpoint holds.
///
/// The random numbers of a step come from the seed and the step's number alone, so the position is the generator's
/// state too.
package final class TrainingState {
  package let networks: MethodNetworks
  package let optimizer: AdamW
  package let configuration: TrainingConfiguration
  package let seed: UInt64
  /// Steps done.
  package var step = 0

  package init(configuration: TrainingConfiguration, classCount: Int, seed: UInt64) {
    self.configuration = configuration
    self.seed = seed
    networks = MethodNetworks(configuration.network, classCount: classCount, seed: seed)
    optimizer = TrainingState.makeOptimizer(networks, configuration.optimizer)
  }

  /// Two groups: encoder and ELN's backbone learn more slowly. The teacher is in none.
  private static func makeOptimizer(_ networks: MethodNetworks, _ configuration: OptimizerConfiguration)
    -> AdamW
  {
    var slow: [(path: String, parameter: Parameter)] = []
    var fast = slow
    for (path, parameter) in networks.state.parameters where !path.hasPrefix("teacher.") {
      let isNormalization = parameter.shape.rank == 1 && !path.hasSuffix("bias") || isNormalizationShift(path)
      let isELN = path.hasPrefix("eln.")
      if isNormalization && !isELN && !configuration.trainsNormalization { continue }
      if path.hasPrefix("student.encoder.") || path.hasPrefix("eln.backbone.")
        || path.hasPrefix("fold.") && path.contains(".encoder.")
      {
        slow.append((path, parameter))
      } else {
        fast.append((path, parameter))
      }
    }
    let rate = configuration.learningRate
    return AdamW(
      groups: [
        ParameterGroup(
          name: "encoders", parameters: slow, learningRate: rate * configuration.encoderLearningRateFactor),
        ParameterGroup(name: "decoders", parameters: fast, learningRate: rate),
      ], weightDecay: configuration.weightDecay)
  }

  /// A normalisation's shift is called `bias` like a convolution's; only heads and `last_conv3` have the latter.
  private static func isNormalizationShift(_ path: String) -> Bool {
    let isConvolution =
      path.contains("classifier.") || path.contains("projector.") || path.contains("last_conv3.")
    return path.hasSuffix(".bias") && !isConvolution
  }
}

extension TrainingState {
  private static let formatName = "errata-checkpoint-1"

  /// Writes everything to one file, by rename.
  package func save(to url: URL, notes: [String: String]) throws {
    var tensors = networks.state.tensors()
    var steps: [String: Int] = [:]
    for (path, moments) in optimizer.state.sorted(by: { $0.key < $1.key }) {
      tensors.append(("optimizer.first." + path, moments.first))
      tensors.append(("optimizer.second." + path, moments.second))
      steps[path] = moments.step
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var metadata = notes
    metadata["format"] = Self.formatName
    metadata["step"] = String(step)
    metadata["seed"] = String(seed)
    metadata["configuration"] = String(decoding: try encoder.encode(configuration), as: UTF8.self)
    metadata["optimizer_steps"] = String(decoding: try encoder.encode(steps), as: UTF8.self)
    try SafetensorsWriter.write(tensors, metadata: metadata, to: url)
  }

  /// Continues from a file written by `save`.
  ///
  /// The last stage may have another length than before: a training can be made longer, or cut short, unless the
  /// learning rate depends on the length.
  ///
  /// - Returns: the notes that were saved.
  /// - Throws: if the file is damaged, or was written under another configuration or seed.
  @discardableResult
  package func restore(from url: URL) throws -> [String: String] {
    let file = try SafetensorsFile(contentsOf: url)
    func refuse(_ reason: String) -> SafetensorsError { SafetensorsError(file: url.path, reason: reason) }
    guard file.metadata["format"] == Self.formatName, let step = file.metadata["step"].flatMap(Int.init),
      let steps = try file.metadata["optimizer_steps"].map({
        try JSONDecoder().decode([String: Int].self, from: Data($0.utf8))
      }), let written = file.metadata["configuration"]
    else { throw refuse("not a checkpoint of this program's training") }
    guard var saved = try? JSONDecoder().decode(TrainingConfiguration.self, from: Data(written.utf8)) else {
      throw refuse("was written by another version of this program; start a new run")
    }
    if configuration.optimizer.schedule == .constant {
      saved.stages.semiSupervisedSteps = configuration.stages.semiSupervisedSteps
    }
    guard saved == configuration else {
      throw refuse(
        "was written under another configuration; resume with the same settings, or start a new run")
    }
    guard file.metadata["seed"] == String(seed) else {
      throw refuse("was written with seed \(file.metadata["seed"] ?? "?"), not \(seed)")
    }
    try networks.state.load(from: file)
    var moments: [String: AdamW.Moments] = [:]
    for (path, count) in steps {
      moments[path] = AdamW.Moments(
        first: try file.tensor("optimizer.first." + path),
        second: try file.tensor("optimizer.second." + path),
        step: count)
    }
    optimizer.state = moments
    self.step = step
    return file.metadata
  }
}
