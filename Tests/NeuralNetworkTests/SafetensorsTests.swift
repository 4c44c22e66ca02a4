import Foundation
import NeuralNetwork
import TensorCore
import Testing

@Suite struct SafetensorsTests {
  private func file(_ header: String, dataBytes: Int = 0, announced: UInt64? = nil) -> Data {
    let text = Data(header.utf8)
    let length = withUnsafeBytes(of: (announced ?? UInt64(text.count)).littleEndian) { Data($0) }
    return length + text + Data(repeating: 0, count: dataBytes)
  }

  private func temporaryURL() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "errata-\(UUID().uuidString).safetensors")
  }

  @Test func roundTrip() throws {
    let url = temporaryURL()
    defer { try? FileManager.default.removeItem(at: url) }
    let tensors: [(name: String, tensor: Tensor)] = [
      ("b.weight", Tensor([1, -2.5, .infinity, 0x1p-140], shape: [2, 2])),
      ("a \"quoted\" ü\n", Tensor(scalar: 3)),
      ("empty", Tensor(zeros: [0, 3])),
    ]
    try SafetensorsWriter.write(tensors, metadata: ["step": "12", "text": "\"ö\\\n\u{1}"], to: url)
    let file = try SafetensorsFile(contentsOf: url)
    #expect(file.metadata == ["step": "12", "text": "\"ö\\\n\u{1}"])
    #expect(Set(file.names) == Set(tensors.map(\.name)))
    for (name, tensor) in tensors {
      #expect(try file.tensor(name).values == tensor.values)
      #expect(file.shape(of: name) == tensor.shape.dimensions)
    }
    // The data begin at a multiple of 8 bytes, as the format's description asks for.
    #expect(try Data(contentsOf: url)[0] % 8 == 0)
    #expect(throws: SafetensorsError(file: url.path, reason: "no tensor 'c'")) { try file.tensor("c") }
  }

  @Test func replacesAFileAsAWhole() throws {
    let url = temporaryURL()
    defer { try? FileManager.default.removeItem(at: url) }
    try SafetensorsWriter.write([("x", Tensor(scalar: 1))], metadata: [:], to: url)
    try SafetensorsWriter.write([("x", Tensor(scalar: 2))], metadata: [:], to: url)
    #expect(try SafetensorsFile(contentsOf: url).tensor("x").scalar == 2)
    let beside = try FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)
    #expect(!beside.contains { $0.contains(url.lastPathComponent) && $0 != url.lastPathComponent })
    let nowhere = URL(filePath: "/nonexistent/x.safetensors")
    let nothing: [(name: String, tensor: Tensor)] = []
    #expect(throws: SafetensorsError.self) {
      try SafetensorsWriter.write(nothing, metadata: [:], to: nowhere)
    }
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: nowhere) }
  }

  /// Every type that PyTorch's writer may have used becomes 32-bit floats.
  @Test(
    arguments: [
      ("F32", [0, 0, 0xC0, 0x3F], 1.5), ("F16", [0, 0x3E], 1.5), ("BF16", [0xC0, 0x3F], 1.5),
      ("F64", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], 1.5), ("I64", [0xFE, 255, 255, 255, 255, 255, 255, 255], -2),
      ("I32", [0xFE, 255, 255, 255], -2), ("U8", [200], 200), ("I8", [200], -56), ("BOOL", [1], 1),
    ] as [(String, [UInt8], Float)]) func types(_ type: String, _ bytes: [UInt8], _ value: Float) throws
  {
    let header = "{\"x\":{\"dtype\":\"\(type)\",\"shape\":[1],\"data_offsets\":[0,\(bytes.count)]}}"
    let file = try SafetensorsFile(file(header) + Data(bytes), path: "made")
    #expect(try file.tensor("x").values == [value])
  }

  /// Headers that are wrong (for 8 bytes of data), and why.
  @Test(arguments: [
    ("", "expected at least 8"), ("[]", "does not begin with {"), (" {}", "does not begin with {"),
    ("{", "header"),
    ("{}x", "the end"), ("{\"x\":1}", "expected dtype"),
    ("{\"x\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,8]}}", "unknown or missing dtype"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1}}", "expected dtype"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "natural numbers"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", "header"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", "natural numbers"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "bytes 8..<0"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}", "of 8"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}", "needs 4"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "gap or overlap"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "take up 4"),
    ("{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", "overflows"),
    (
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        + "\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "gap or overlap"
    ),
    (
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        + "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "again"
    ),
    ("{\"__metadata__\":[]}", "no object"), ("{\"__metadata__\":{\"a\":1}}", "no string"),
    (String(repeating: "{\"x\":", count: 100_000), "levels"), ("{\"x\":99999999999999999999}", "header"),
  ]) func refusesMalformedHeaders(_ header: String, _ words: String) throws {
    let data = header.isEmpty ? Data([1, 2, 3]) : file(header, dataBytes: 8)
    let error = try #require(throws: SafetensorsError.self) { try SafetensorsFile(data, path: "made") }
    #expect(error.reason.contains(words), "\(error)")
  }

  @Test func refusesHeadersLongerThanTheFile() throws {
    for length in [UInt64(3), 1 << 40, .max] {
      let data = file("{}", announced: length)
      let error = try #require(throws: SafetensorsError.self) { try SafetensorsFile(data, path: "made") }
      #expect(error.reason.contains("a header of \(length) bytes"))
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let whole = try fixture("expected.safetensors")
    for length in 0..<whole.count {
      #expect(throws: SafetensorsError.self) { try SafetensorsFile(whole.prefix(length), path: "cut") }
    }
  }

  @Test func aNetworkComesBack() throws {
    let url = temporaryURL()
    defer { try? FileManager.default.removeItem(at: url) }
    var generator = SeededGenerator(seed: 5)
    func make() -> Convolution2D {
      Convolution2D(
        inputChannels: 3, outputChannels: 4, kernelSize: 3, bias: true, initializer: .uniformFanIn,
        using: &generator)
    }
    let (saved, loaded) = (make(), make())
    #expect(saved.weight.value.values != loaded.weight.value.values)
    try SafetensorsWriter.write(saved.state.tensors(prefix: "head."), metadata: [:], to: url)
    let file = try SafetensorsFile(contentsOf: url)
    try loaded.state.load(from: file, prefix: "head.")
    #expect(saved.weight.value.values == loaded.weight.value.values)
    #expect(saved.bias?.value.values == loaded.bias?.value.values)
    let missing = try #require(throws: SafetensorsError.self) { try loaded.state.load(from: file) }
    #expect(missing.reason == "tensor 'weight' is missing")
  }
}
