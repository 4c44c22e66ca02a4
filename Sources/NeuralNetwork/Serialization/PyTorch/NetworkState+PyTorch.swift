import TensorCore

extension NetworkState {
  /// Takes every parameter and buffer from `file`, where their names begin with `prefix`; nothing is changed unless
  /// all are there with the right shapes.
  package func load(from file: PyTorchFile, prefix: String = "") throws(PyTorchError) {
    var loaded: [(Parameter, Tensor)] = []
    for (path, parameter) in all {
      let name = prefix + path
      guard let shape = file.shape(of: name) else {
        throw PyTorchError(file: file.path, reason: "tensor '\(name)' is missing")
      }
      guard Shape(shape) == parameter.shape else {
        throw PyTorchError(
          file: file.path, reason: "tensor '\(name)' has shape \(shape), expected \(parameter.shape)")
      }
      loaded.append((parameter, try file.tensor(name)))
    }
    for (parameter, tensor) in loaded { parameter.update { $0 = tensor } }
  }
}
