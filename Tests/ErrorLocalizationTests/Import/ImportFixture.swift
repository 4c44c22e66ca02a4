import Foundation
import NeuralNetwork
import TensorCore

/// Files of `Tests/Fixtures/Import`, and changed copies of them.
enum ImportFixture {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Fixtures/Import")

  static let checkpoint = folder.appendingPathComponent("small.pth")
  static let scores = folder.appendingPathComponent("small_scores.safetensors")

  /// A safetensors file with a PyTorch file's tensors, changed on the way.
  ///
  /// - Parameter change: the new name and tensor; `nil` leaves it out.
  static func rewritten(
    _ source: URL = checkpoint, adding more: [(name: String, tensor: Tensor)] = [],
    change: (String, Tensor) -> (name: String, tensor: Tensor)?
  ) throws -> URL {
    let file = try WeightFile(contentsOf: source)
    var tensors: [(name: String, tensor: Tensor)] = []
    for name in file.names {
      if let changed = change(name, try file.tensor(name)) { tensors.append(changed) }
    }
    let url = try SmallTraining.temporaryFile("changed.safetensors")
    try SafetensorsWriter.write(tensors + more, metadata: [:], to: url)
    return url
  }

  /// The largest difference over the largest absolute value.
  static func relativeDifference(_ found: Tensor?, _ expected: Tensor) -> Float {
    guard let found, found.shape == expected.shape else { return .infinity }
    let largest = expected.values.map(abs).max() ?? 0
    return (zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? .infinity) / largest
  }
}
