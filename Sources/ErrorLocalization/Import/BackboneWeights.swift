import Foundation
import NeuralNetwork
import Segmentation
import TensorCore

/// The weights of a ResNet-18, 34, 50 or 101 under torchvision's names, from a PyTorch or safetensors file.
///
/// The classifier `fc` is left out. Our layer 4 has three blocks at every depth (multi-grid): where a file has fewer, as
/// a ResNet-18's, the third keeps its random values.
package struct BackboneWeights {
  package let file: String
  /// What stands before `conv1.weight` in the file.
  package let prefix: String
  package let depth: ResNetConfiguration.Depth
  package let width: Int
  /// Tensors under the prefix that a backbone has no place for, `fc` among them.
  package let leftOut: [String]
  package let inputChannels: Int
  private let tensors: ForeignTensors
  private let layer4Blocks: Int

  private static let formatName = "errata-backbone-1"
  private static let landmark = "layer1.0.conv1.weight"

  /// - Parameter prefix: of the names in the file; without it, whatever stands before `layer1.0.conv1.weight`.
  /// - Throws: if there is no backbone, more than one, or another architecture.
  package init(contentsOf url: URL, prefix given: String? = nil) throws {
    let file = try WeightFile(contentsOf: url)
    let prefix = try given ?? Self.findPrefix(in: file)
    let tensors = try ForeignTensors(file, part: "backbone '\(prefix)'", prefix: prefix) { String($0) }
    guard !tensors.isEmpty else { throw ImportError(file.path, "no tensor's name begins with '\(prefix)'") }
    (depth, width, inputChannels) = try tensors.encoder()
    layer4Blocks = min(3, tensors.blockCount(layer: 4))
    leftOut = tensors.sortedNames.filter { name in
      !["conv1.", "bn1.", "layer1.", "layer2.", "layer3.", "layer4."].contains { name.hasPrefix($0) }
    }
    self.file = file.path
    self.prefix = prefix
    self.tensors = tensors
  }

  private static func findPrefix(in file: WeightFile) throws(ImportError) -> String {
    let prefixes = file.names.filter { $0 == landmark || $0.hasSuffix("." + landmark) }
      .map { String($0.dropLast(landmark.count)) }
    guard prefixes.count <= 1 else {
      throw ImportError(
        file.path, "several backbones, behind \(ImportError.listing(prefixes)); name one with --prefix")
    }
    guard let prefix = prefixes.first else {
      throw ImportError(
        file.path, "no backbone: no tensor's name ends with '\(landmark)', as in torchvision's ResNets")
    }
    return prefix
  }

  /// The published name, and the width where that is another.
  package var architecture: String { Self.name(depth, width: width) }

  static func name(_ depth: ResNetConfiguration.Depth, width: Int) -> String {
    "ResNet-\(depth.rawValue)" + (width == 64 ? "" : " of width \(width)")
  }

  /// What became of an encoder's tensors.
  package struct Loading: Equatable, Sendable {
    package var loadedCount: Int
    /// Not in the file, or of another shape there: these keep their random values.
    package var random: [String]
  }

  /// Copies the weights and running statistics into an encoder of the same depth and width.
  ///
  /// - Throws: for a tensor that is missing or misshaped, but for the stem over other input channels, and for blocks that
  ///   layer 4 has in ours only.
  package func load(into encoder: ResNet) throws -> Loading {
    let state = encoder.state
    var differences = tensors.differences(from: state)
    let random = (differences.missing + differences.misshaped).filter { path in
      mayStayRandom(path, configuration: encoder.configuration)
    }
    differences.missing.removeAll(where: random.contains)
    differences.misshaped.removeAll(where: random.contains)
    differences.unexpected.removeAll()
    try tensors.check(differences, against: state)
    try tensors.load(into: state, skipping: Set(random))
    return Loading(loadedCount: state.all.count - random.count, random: random)
  }

  private func mayStayRandom(_ path: String, configuration: ResNetConfiguration) -> Bool {
    if path == "conv1.weight" { return configuration.inputChannels != inputChannels }
    return (layer4Blocks..<3).contains { path.hasPrefix("layer4.\($0).") }
  }

  /// Writes the backbone without prefix and classifier, as safetensors.
  ///
  /// - Returns: what was written, and which tensors our encoder of this depth will have to leave random.
  @discardableResult
  package func write(to url: URL, programVersion: String) throws -> Loading {
    var generator = SeededGenerator(seed: 0)
    let encoder = ResNet(
      ResNetConfiguration(depth: depth, width: width, inputChannels: inputChannels), using: &generator)
    let loading = try load(into: encoder)
    let random = Set(loading.random)
    try SafetensorsWriter.write(
      encoder.state.tensors().filter { !random.contains($0.name) },
      metadata: [
        "format": Self.formatName, "program_version": programVersion, "architecture": architecture,
        "source": URL(fileURLWithPath: file).lastPathComponent,
      ], to: url)
    return loading
  }
}
