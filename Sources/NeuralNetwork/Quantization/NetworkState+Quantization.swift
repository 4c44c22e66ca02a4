import TensorCore

extension NetworkState {
  package var isQuantized: Bool { convolutions.contains { $0.convolution.quantized != nil } }

  /// As `tensors(prefix:)`, with a quantised convolution's bytes in place of its layers' values: `weight` as 8-bit
  /// integers, `weight_scale`, `bias` and `input_scale`.
  package func storedTensors(prefix: String) -> [(name: String, tensor: StoredTensor)] {
    let quantized = convolutions.filter { $0.convolution.quantized != nil }
    let replaced = Set(quantized.flatMap(\.convolution.foldedParameters).map(ObjectIdentifier.init))
    let kept = all.filter { !replaced.contains(ObjectIdentifier($0.parameter)) }
    return kept.map { (prefix + $0.path, .float32($0.parameter.value)) }
      + quantized.flatMap { path, convolution in
        convolution.quantized.map { Self.stored($0, path: prefix + path) } ?? []
      }
  }

  private static func stored(
    _ layer: QuantizedConvolution, path: String
  ) -> [(name: String, tensor: StoredTensor)] {
    let outputs = Shape([layer.weightShape[0]])
    return [
      (path + ".weight", .int8(layer.weights, shape: layer.weightShape)),
      (path + ".weight_scale", .float32(Tensor(layer.weightScales, shape: outputs))),
      (path + ".bias", .float32(Tensor(layer.bias, shape: outputs))),
      (path + ".input_scale", .float32(Tensor(scalar: layer.inputScale))),
    ]
  }

  /// The bytes that `file` holds for a convolution; `nil` where it holds 32-bit weights.
  ///
  /// - Parameter path: of the convolution in the file.
  static func quantizedLayer(
    _ convolution: NormalizedConvolution, path: String, from file: SafetensorsFile
  ) throws(SafetensorsError) -> QuantizedConvolution? {
    guard let weights = file.bytes(path + ".weight") else { return nil }
    let shape = convolution.convolution.weight.shape
    let outputs = shape[0]
    let expected = [
      ("weight", shape.dimensions), ("weight_scale", [outputs]), ("bias", [outputs]), ("input_scale", []),
    ]
    for (name, dimensions) in expected {
      let found = file.shape(of: "\(path).\(name)")
      guard found == dimensions else {
        throw SafetensorsError(
          file: file.path,
          reason: found.map { "tensor '\(path).\(name)' has shape \($0), expected \(dimensions)" }
            ?? "tensor '\(path).\(name)' is missing")
      }
    }
    let scales = try file.tensor(path + ".weight_scale").values
    let inputScale = try file.tensor(path + ".input_scale").scalar
    guard
      QuantizedConvolution.areValid(
        weights: weights, shape: shape, weightScales: scales, inputScale: inputScale)
    else {
      throw SafetensorsError(
        file: file.path,
        reason: "'\(path)': expected positive scales, weights within "
          + "± \(QuantizedConvolution.largestWeight) and pairs within ± \(QuantizedConvolution.largestPair)")
    }
    return QuantizedConvolution(
      weights: weights, shape: shape, weightScales: scales, bias: try file.tensor(path + ".bias").values,
      inputScale: inputScale)
  }
}
