import Foundation
import TensorCore

/// Named tensors in a file of `torch.save` or in a safetensors file; which of the two, its first bytes say.
package enum WeightFile: Sendable {
  case pyTorch(PyTorchFile)
  case safetensors(SafetensorsFile)

  /// - Throws: `PyTorchError` or `SafetensorsError`.
  package init(contentsOf url: URL) throws {
    self =
      Self.looksLikeSafetensors(url)
      ? .safetensors(try SafetensorsFile(contentsOf: url)) : .pyTorch(try PyTorchFile(contentsOf: url))
  }

  /// A safetensors file begins with the length of its header, in eight bytes, and a brace.
  private static func looksLikeSafetensors(_ url: URL) -> Bool {
    guard let handle = try? FileHandle(forReadingFrom: url) else { return false }
    defer { try? handle.close() }
    guard let start = try? handle.read(upToCount: 9), start.count == 9 else { return false }
    return start[8] == UInt8(ascii: "{") && !start.starts(with: [0x50, 0x4B, 0x03, 0x04])
  }

  package var path: String {
    switch self {
    case .pyTorch(let file): file.path
    case .safetensors(let file): file.path
    }
  }

  /// In the order of the file; of a pickle, keys and indices joined by points.
  package var names: [String] {
    switch self {
    case .pyTorch(let file): file.names
    case .safetensors(let file): file.names
    }
  }

  package func shape(of name: String) -> [Int]? {
    switch self {
    case .pyTorch(let file): file.shape(of: name)
    case .safetensors(let file): file.shape(of: name)
    }
  }

  /// The values as 32-bit floats.
  package func tensor(_ name: String) throws -> Tensor {
    switch self {
    case .pyTorch(let file): try file.tensor(name)
    case .safetensors(let file): try file.tensor(name)
    }
  }
}
