import ArgumentParser
import ErrorLocalization
import Foundation

/// What the encoders of a new training start from.
struct BackboneOptions: ParsableArguments {
  @Option(
    help: """
      Weights of a ResNet (PyTorch or safetensors, torchvision's names) to start from: of the encoder, and of the \
      error localisation network's backbone where depth and width agree. May be repeated, one file for each.
      """, completion: .file())
  var backboneWeights: [String] = []

  @Option(help: "What stands before conv1.weight in these files (default: found).")
  var backbonePrefix: String?

  func validate() throws {
    guard backbonePrefix == nil || !backboneWeights.isEmpty else {
      throw ValidationError("--backbone-prefix needs --backbone-weights.")
    }
  }

  /// Whether the files fit the networks, without a training.
  func check(against configuration: NetworkConfiguration, classCount: Int) throws {
    guard !backboneWeights.isEmpty else { return }
    try load(into: MethodNetworks(configuration, classCount: classCount, seed: 0))
  }

  /// Says on standard error which tensors were loaded, and which stay random.
  func load(into networks: MethodNetworks) throws {
    for path in backboneWeights {
      let weights = try BackboneWeights(contentsOf: URL(fileURLWithPath: path), prefix: backbonePrefix)
      for (network, loading) in try weights.load(into: networks) {
        var line = "\(path): \(weights.architecture), \(loading.loadedCount) tensors into the \(network)"
        if !loading.random.isEmpty { line += "; random stay: \(loading.random.joined(separator: ", "))" }
        Console.error(line)
      }
    }
  }
}
