import TensorCore

extension NetworkState {
  /// All parameters and buffers by path, each behind `prefix`.
  package func tensors(prefix: String = "") -> [(name: String, tensor: Tensor)] {
    all.map { (prefix + $0.path, $0.parameter.value) }
  }

  /// Takes every parameter and buffer from `file`; nothing is changed unless all are there with the right shapes.
  package func load(from file: SafetensorsFile, prefix: String = "") throws(SafetensorsError) {
    var loaded: [(Parameter, Tensor)] = []
    for (path, parameter) in all {
      let name = prefix + path
      guard let shape = file.shape(of: name) else {
        throw SafetensorsError(file: file.path, reason: "tensor '\(name)' is missing")
      }
      guard Shape(shape) == parameter.shape else {
        throw SafetensorsError(
          file: file.path, reason: "tensor '\(name)' has shape \(shape), expected \(parameter.shape)")
      }
      loaded.append((parameter, try file.tensor(name)))
    }
    for (parameter, tensor) in loaded { parameter.update { $0 = tensor } }
  }
}
