import TensorCore

extension NetworkState {
  /// All parameters and buffers by path, each behind `prefix`.
  package func tensors(prefix: String = "") -> [(name: String, tensor: Tensor)] {
    all.map { (prefix + $0.path, $0.parameter.value) }
  }

  /// Takes every parameter and buffer from `file`, or the bytes that replace them in a quantised model; nothing is
  /// changed unless all are there with the right shapes.
  package func load(from file: SafetensorsFile, prefix: String = "") throws(SafetensorsError) {
    var quantized: [(NormalizedConvolution, QuantizedConvolution?)] = []
    var replaced: Set<ObjectIdentifier> = []
    for (path, convolution) in convolutions {
      let layer = try Self.quantizedLayer(convolution, path: prefix + path, from: file)
      quantized.append((convolution, layer))
      if layer != nil { replaced.formUnion(convolution.foldedParameters.map(ObjectIdentifier.init)) }
    }
    var loaded: [(Parameter, Tensor)] = []
    for (path, parameter) in all where !replaced.contains(ObjectIdentifier(parameter)) {
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
    for (convolution, layer) in quantized { convolution.quantized = layer }
  }
}
