/// The names that a pickle may use. Everything else is refused: in Python a pickle may call whatever it names.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case set
  case size
  case device
  case rebuildTensor
  case rebuildTensorOfType
  case rebuildParameter
  /// A storage class; `nil` is the untyped one.
  case storage(PyTorchElementType?)
  /// Stands for itself: `torch.float32`, …
  case dataType(PyTorchElementType)

  init(module: String, name: String) throws(Malformed) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("__builtin__", "set"), ("builtins", "set"), ("builtins", "frozenset"), ("__builtin__", "frozenset"):
      self = .set
    case ("torch", "Size"): self = .size
    case ("torch", "device"): self = .device
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensorOfType
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .storage(nil)
    case ("torch", _):
      if let type = PyTorchElementType(storageClass: name) {
        self = .storage(type)
      } else if let type = PyTorchElementType(dataType: name) {
        self = .dataType(type)
      } else {
        throw PickleGlobal.refusal(module, name)
      }
    default: throw PickleGlobal.refusal(module, name)
    }
  }

  private static func refusal(_ module: String, _ name: String) -> Malformed {
    Malformed(
      "uses '\(module).\(name)', which is not allowed: expected tensors in plain containers, as "
        + "torch.save(model.state_dict(), …) writes them")
  }

  var name: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .set: "builtins.set"
    case .size: "torch.Size"
    case .device: "torch.device"
    case .rebuildTensor: "torch._utils._rebuild_tensor_v2"
    case .rebuildTensorOfType: "torch._utils._rebuild_tensor_v3"
    case .rebuildParameter: "torch._utils._rebuild_parameter"
    case .storage(let type): type.map { "torch storage of \($0.rawValue)" } ?? "torch.UntypedStorage"
    case .dataType(let type): "torch.\(type.rawValue)"
    }
  }
}
