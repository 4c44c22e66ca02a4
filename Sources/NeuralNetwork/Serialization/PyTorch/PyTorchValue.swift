/// What a pickle of plain containers, numbers, texts and tensors holds.
package indirect enum PyTorchValue: Sendable {
  case none
  case boolean(Bool)
  case integer(Int)
  /// An integer that does not fit into 64 bits, in hexadecimal.
  case largeInteger(String)
  case number(Double)
  case string(String)
  case bytes([UInt8])
  /// Lists, tuples and sets.
  case list([PyTorchValue])
  /// In the order of the file.
  case dictionary([(key: PyTorchValue, value: PyTorchValue)])
  /// A name that stands for itself, such as `torch.float32`.
  case name(String)
  case tensor(PyTorchTensor)
}

extension PyTorchValue {
  /// The value under a text key of a dictionary, the last of equal ones.
  package subscript(key: String) -> PyTorchValue? {
    guard case .dictionary(let pairs) = self else { return nil }
    return pairs.last {
      if case .string(key) = $0.key { true } else { false }
    }?.value
  }

  /// All tensors with their paths: keys and indices joined by points, as in `state_dict.layer1.0.conv1.weight`.
  package var tensors: [(name: String, tensor: PyTorchTensor)] {
    var found: [(String, PyTorchTensor)] = []
    collectTensors(path: "", into: &found)
    return found
  }

  private func collectTensors(path: String, into found: inout [(String, PyTorchTensor)]) {
    func join(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    switch self {
    case .tensor(let tensor): found.append((path, tensor))
    case .list(let elements):
      for (index, element) in elements.enumerated() where element.mayHoldTensors {
        element.collectTensors(path: join(String(index)), into: &found)
      }
    case .dictionary(let pairs):
      for (key, value) in pairs where value.mayHoldTensors {
        guard let name = key.pathComponent else { continue }
        value.collectTensors(path: join(name), into: &found)
      }
    default: break
    }
  }

  private var mayHoldTensors: Bool {
    switch self {
    case .tensor, .list, .dictionary: true
    default: false
    }
  }

  private var pathComponent: String? {
    switch self {
    case .string(let text): text
    case .integer(let number): String(number)
    default: nil
    }
  }
}
