import Foundation
import NeuralNetwork
import TensorCore
import Testing

@Suite struct PyTorchFileTests {
  private static let formats = ["zip.pth", "zip_protocol_5.pth", "legacy.pth"]

  @Test(arguments: formats) func tensorsAreExact(_ name: String) throws {
    let file = try PyTorchFile(contentsOf: fixtureURL(name))
    let expected = try SafetensorsFile(contentsOf: fixtureURL("expected.safetensors"))
    #expect(expected.names.count == 18)
    for name in expected.names {
      let tensor = try file.tensor("state_dict." + name)
      #expect(tensor.shape == Shape(try #require(expected.shape(of: name))), "\(name)")
      #expect(tensor.values == (try expected.tensor(name).values), "\(name)")
    }
    #expect(try file.tensor("by_index.0").values == [1, 1])
    #expect(file.names.count == 20)
    #expect(file.names.first == "state_dict.weight")
    #expect(file.shape(of: "state_dict.window") == [2, 2])
    #expect(file.shape(of: "state_dict") == nil)
  }

  @Test(arguments: formats) func plainValues(_ name: String) throws {
    let root = try PyTorchFile(contentsOf: fixtureURL(name)).root
    func text(_ key: String) throws -> String { String(describing: try #require(root[key])) }
    #expect(try text("epoch") == "integer(12)")
    #expect(try text("best") == "number(0.75)")
    #expect(try text("name") == "string(\"größe\")")
    #expect(try text("done") == "boolean(true)")
    #expect(try text("nothing") == "none")
    #expect(try text("negative") == "integer(-70000)")
    #expect(try text("large") == "integer(3000000000)")
    #expect(try text("seed") == "largeInteger(\"0x008000000000000005\")")
    #expect(try text("type").hasSuffix("name(\"torch.float16\")"))
    #expect(try text("device") == "string(\"cpu\")")
    #expect(root["missing"] == nil)
    guard case .list(let history)? = root["history"], case .list(let pair) = history[1] else {
      Issue.record("no history")
      return
    }
    #expect(history.count == 3 && pair.count == 2)
    #expect(history[2]["loss"].map { String(describing: $0) } == "number(0.5)")
    guard case .list(let size)? = root["size"], case .list(let classes)? = root["classes"] else {
      Issue.record("no size or classes")
      return
    }
    #expect(size.count == 2 && classes.count == 1)
  }

  @Test(arguments: ["small.pth", "small_legacy.pth", "zip64.pth"]) func smallFiles(_ name: String) throws {
    let file = try PyTorchFile(contentsOf: fixtureURL(name))
    #expect(file.names == ["weight"])
    #expect(try file.tensor("weight").values == [1, 1])
  }

  /// What is refused, and the words that must be in the refusal.
  @Test(arguments: [
    ("attack.pth", "eval"), ("attack_legacy.pth", "eval"),
    ("whole_model.pth", "torch.nn.modules.linear.Linear"), ("deflated.pth", "deflate"),
    ("expected.safetensors", "neither a ZIP file"),
  ]) func refusesByName(_ name: String, _ words: String) throws {
    let error = try #require(throws: PyTorchError.self) { try PyTorchFile(contentsOf: fixtureURL(name)) }
    #expect(error.reason.contains(words), "\(error)")
    #expect(error.description.contains(name))
  }

  @Test func missingFilesAndTensors() throws {
    let missing = try #require(throws: PyTorchError.self) {
      try PyTorchFile(contentsOf: fixtureURL("none.pth"))
    }
    #expect(missing.reason.contains("cannot be read"))
    let file = try PyTorchFile(contentsOf: fixtureURL("small.pth"))
    #expect(throws: PyTorchError(file: file.path, reason: "no tensor 'bias'")) { try file.tensor("bias") }
  }

  @Test(arguments: ["small.pth", "small_legacy.pth", "zip64.pth"])
  func everyTruncationIsRefused(_ name: String) throws {
    let whole = try fixture(name)
    for length in 0..<whole.count {
      #expect(throws: PyTorchError.self, "\(length) bytes") {
        try PyTorchFile(whole.prefix(length), path: name)
      }
    }
  }

  /// A slice of a larger buffer counts its bytes from elsewhere.
  @Test(arguments: formats) func readsSlices(_ name: String) throws {
    let padded = Data([1, 2, 3]) + (try fixture(name))
    let file = try PyTorchFile(padded.dropFirst(3), path: name)
    #expect(try file.tensor("state_dict.scalar").values == [0.125])
  }

  @Test func loadsANetwork() throws {
    let file = try PyTorchFile(contentsOf: fixtureURL("zip.pth"))
    let weight = Parameter(Tensor(zeros: [2, 3, 2, 2]))
    var state = NetworkState()
    state.add(weight, "", "weight")
    try state.load(from: file, prefix: "state_dict.")
    #expect(weight.value.values == (try file.tensor("state_dict.weight").values))
    // Nothing is taken over when something is missing or has another shape.
    let other = Parameter(Tensor(zeros: [4, 5]))
    var wrong = NetworkState()
    let untouched = Parameter(Tensor(zeros: [2, 3, 2, 2]))
    wrong.add(untouched, "", "weight")
    wrong.add(other, "", "whole")
    let shape = try #require(throws: PyTorchError.self) { try wrong.load(from: file, prefix: "state_dict.") }
    #expect(shape.reason == "tensor 'state_dict.whole' has shape [4, 6], expected [4, 5]")
    #expect(untouched.value.sum == 0 && untouched.version == 0)
    let missing = try #require(throws: PyTorchError.self) { try wrong.load(from: file) }
    #expect(missing.reason == "tensor 'weight' is missing")
  }
}
