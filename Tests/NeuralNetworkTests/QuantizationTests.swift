import Foundation
import NeuralNetwork
import TensorCore
import Testing

@Suite struct ActivationHistogramTests {
  private func histogram(_ parts: [[Float]]) -> ActivationHistogram {
    var histogram = ActivationHistogram()
    for part in parts { histogram.add(Tensor(part, shape: [part.count])) }
    return histogram
  }

  @Test func evenValuesKeepTheirWholeRange() throws {
    let values = (0...10_000).map { Float($0) / 1000 }
    let scale = try #require(histogram([values]).bestScale)
    #expect(abs(scale - 10 / 255) < 0.05 * 10 / 255)
  }

  /// n values spread over 0…1 and one of 5, in steps of c / 255: n · (c / 255)² / 12 + (5 − c)² is least where
  /// c = 5 / (1 + n / (12 · 255²)), 1.40 for two millions.
  @Test func outliersAreClippedWhereThatCostsLess() throws {
    var generator = SeededGenerator(seed: 1)
    let values = (0..<2_000_000).map { _ in generator.nextUniform() }
    let scale = try #require(histogram([values + [5]]).bestScale)
    #expect(abs(scale * 255 - 1.40) < 0.1)
  }

  /// Larger and larger values make room for themselves.
  @Test func theOrderOfTheImagesHardlyMatters() throws {
    let small = (1...5000).map { Float($0) / 50_000 }
    let large = (1...5000).map { Float($0) / 500 }
    let first = try #require(histogram([small, large]).bestScale)
    let second = try #require(histogram([large, small]).bestScale)
    #expect(abs(first - second) < 0.02 * second)
  }

  @Test func edges() {
    #expect(histogram([]).bestScale == nil)
    #expect(histogram([[0, 0]]).bestScale == nil)
    #expect(!histogram([[0, 1]]).hasNegative && histogram([[0, -1e-6]]).hasNegative)
    #expect(histogram([[1]]).isFinite)
    #expect(!histogram([[1, .nan]]).isFinite && !histogram([[.infinity]]).isFinite)
  }
}

@Suite struct NetworkQuantizerTests {
  /// Stem on signed values → ReLU → 3×3 → ReLU → 1×1; one layer that never runs.
  private final class Chain: Module {
    let layers: [NormalizedConvolution]

    init(seed: UInt64) {
      var generator = SeededGenerator(seed: seed)
      layers = [(3, 32, 3), (32, 64, 3), (64, 48, 1), (48, 48, 1)].map { inputs, outputs, kernel in
        NormalizedConvolution(
          inputChannels: inputs, outputChannels: outputs, kernelSize: kernel,
          geometry: ConvolutionGeometry(padding: kernel / 2), initializer: .kaimingNormal, using: &generator)
      }
    }

    func callAsFunction(_ input: Tensor, _ context: ForwardContext = .inference) -> Tensor {
      var x = Variable(input)
      for layer in layers.prefix(3) { x = layer(x, relu: true, context) }
      return x.value
    }

    func collect(into state: inout NetworkState, path: String) {
      for (index, layer) in layers.enumerated() {
        state.add(layer, path, convolution: "conv\(index)", normalization: "bn\(index)")
      }
    }
  }

  private func image(_ seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor(
      (0..<24 * 20 * 3).map { _ in generator.nextUniform(in: -2...2) }, shape: [1, 24, 20, 3])
  }

  private func quantize(_ chain: Chain, limit: Double = 0.1) -> [NetworkQuantizer.Layer] {
    let quantizer = NetworkQuantizer(
      chain.state.convolutions, arithmetic: .vnni, largestRelativeError: limit)
    quantizer.observeInputs { context in for seed in 1...4 { _ = chain(image(UInt64(seed)), context) } }
    quantizer.compareOutputs { context in for seed in 1...4 { _ = chain(image(UInt64(seed)), context) } }
    #expect(quantizer.sawFiniteValues && !chain.state.isQuantized)
    quantizer.apply()
    return quantizer.layers
  }

  /// Two layers of eight-bit weights and inputs.
  private static let roundingOfTwoLayers: Float = 0.03

  private func relativeDifference(_ a: Tensor, _ b: Tensor) -> Float {
    let noise = zip(a.values, b.values).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (noise / b.values.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  @Test func choosesTheLayersThatGain() throws {
    let chain = Chain(seed: 1)
    let exact = chain(image(9))
    let layers = quantize(chain)
    #expect(layers.map(\.path) == ["conv0", "conv1", "conv2", "conv3"])
    #expect(layers.map(\.verdict) == [.signedInput, .quantized, .quantized, .unused])
    #expect(layers[1].multiplications == 24 * 20 * 64 * 32 * 9)
    for layer in layers[1...2] { #expect(try #require(layer.relativeError) < 0.02) }
    let difference = relativeDifference(chain(image(9)), exact)
    #expect(difference > 0 && difference < Self.roundingOfTwoLayers)
  }

  @Test func sensitiveLayersStay() {
    let chain = Chain(seed: 1)
    let exact = chain(image(9))
    #expect(quantize(chain, limit: 1e-6).map(\.verdict) == [.signedInput, .sensitive, .sensitive, .unused])
    #expect(chain(image(9)).values == exact.values && !chain.state.isQuantized)
  }

  @Test func theFileHoldsBytes() throws {
    let chain = Chain(seed: 1)
    _ = quantize(chain)
    let url = FileManager.default.temporaryDirectory.appending(
      path: "errata-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    try SafetensorsWriter.write(chain.state.storedTensors(prefix: "a."), metadata: [:], to: url)
    let file = try SafetensorsFile(contentsOf: url)
    #expect(file.names.contains("a.conv1.weight_scale") && !file.names.contains("a.bn1.running_mean"))
    #expect(file.names.contains("a.bn0.running_mean") && file.shape(of: "a.conv1.weight") == [64, 32, 3, 3])
    let other = Chain(seed: 2)
    try other.state.load(from: file, prefix: "a.")
    #expect(other(image(9)).values == chain(image(9)).values)
    // A file of 32-bit floats takes the bytes out again.
    let plain = Chain(seed: 3)
    let plainURL = url.appendingPathExtension("plain")
    defer { try? FileManager.default.removeItem(at: plainURL) }
    try SafetensorsWriter.write(plain.state.tensors(prefix: "a."), metadata: [:], to: plainURL)
    try other.state.load(from: SafetensorsFile(contentsOf: plainURL), prefix: "a.")
    #expect(!other.state.isQuantized && other(image(9)).values == plain(image(9)).values)
  }

  /// What a damaged or made-up file may hold in place of a layer's bytes.
  @Test(arguments: [
    ("conv1.weight_scale", "is missing"), ("conv1.bias", "is missing"), ("conv1.input_scale", "is missing"),
    ("shape", "expected [64, 32, 3, 3]"), ("large", "pairs within ± 128"),
    ("scale", "expected positive scales"),
  ]) func refusesFilesThatDoNotFit(_ fault: String, _ text: String) throws {
    let chain = Chain(seed: 1)
    _ = quantize(chain)
    var tensors = chain.state.storedTensors(prefix: "")
    let weight = try #require(tensors.firstIndex { $0.name == "conv1.weight" })
    switch fault {
    case "shape": tensors[weight].tensor = .int8([1], shape: [1])
    case "large":
      tensors[weight].tensor = .int8([Int8](repeating: 65, count: 64 * 32 * 9), shape: [64, 32, 3, 3])
    case "scale":
      let index = try #require(tensors.firstIndex { $0.name == "conv1.input_scale" })
      tensors[index].tensor = .float32(Tensor(scalar: 0))
    default: tensors.removeAll { $0.name == fault }
    }
    let url = FileManager.default.temporaryDirectory.appending(
      path: "errata-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    try SafetensorsWriter.write(tensors, metadata: [:], to: url)
    let other = Chain(seed: 2)
    let before = other(image(9)).values
    let error = try #require(throws: SafetensorsError.self) {
      try other.state.load(from: SafetensorsFile(contentsOf: url))
    }
    #expect("\(error)".contains(text), "\(error)")
    #expect(other(image(9)).values == before)
  }
}
