import ArgumentParser
import ErrorLocalization
import Foundation
import NeuralNetwork
import Segmentation
import TensorCore

/// Something that both sides can do, on the same weights and inputs.
protocol BenchmarkCase {
  /// Weights and inputs, as PyTorch names and orders them (but images and features, which are NHWC).
  var exchange: [(name: String, tensor: Tensor)] { get }
  /// JSON: what the other side must know beside the tensors.
  func description() throws -> String
  /// One repetition, which is timed.
  func run() throws
  /// What is compared. May change the state that `run` works on.
  func outputs() throws -> [(name: String, tensor: Tensor)]
}

extension Precision: ExpressibleByArgument {}

/// The sizes of a case.
struct CaseSettings: ParsableArguments {
  enum Networks: String, ExpressibleByArgument, CaseIterable {
    /// The preset `cpu`.
    case small
    case resnet50, resnet101
  }

  @Option var networks = Networks.resnet50
  @Option var stage = "supervised"
  @Option var batch = 2
  @Option var height = 512
  @Option var width = 512
  @Option var classes = 21
  @Option var auxiliaryDecoders = 2
  @Option var threads = 2
  @Option(
    help: "What the forward pass computes with: fp32 or int8, the networks quantised on the same images.")
  var precision = Precision.fp32
  @Option(help: "Folder of images, for the case `images`.")
  var folder: String?
  @Flag(help: "Without dropout and with one whole crop, so that both sides compute the same.")
  var deterministic = false

  /// The preset with auxiliary decoders that always learn: α = 0 is the most expensive step.
  var configuration: TrainingConfiguration {
    let preset: Preset =
      switch networks {
      case .small: .cpu
      case .resnet50: .vocR50
      case .resnet101: .vocR101
      }
    var configuration = preset.configuration
    configuration.network.auxiliaryAlphas = [Float](repeating: 0, count: auxiliaryDecoders)
    configuration.teacher.copiesBackEachEpoch = false
    if deterministic {
      configuration.network.decoder.removeDropout()
      configuration.network.errorLocalization.decoder.removeDropout()
      configuration.losses.contrastive.cropCount = 1
      // AdamW's first step is the rate times the gradient's sign: larger ones drive any two programs apart.
      configuration.optimizer.learningRate = 1e-4
    }
    return configuration
  }
}

extension DecoderConfiguration {
  fileprivate mutating func removeDropout() {
    asppDropout = 0
    decoderDropout1 = 0
    decoderDropout2 = 0
  }
}

/// What the other side must know to build the same networks.
struct NetworkDescription: Encodable {
  let configuration: TrainingConfiguration
  let classCount: Int

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
