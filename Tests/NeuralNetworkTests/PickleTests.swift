import Foundation
import NeuralNetwork
import TensorCore
import Testing

/// Pickles written by hand, in the legacy format, which has no checksums.
@Suite struct PickleTests {
  /// A whole file around a pickle: magic number, version 1001, facts, the object, the storages.
  static func file(_ pickle: [UInt8], storages: [(key: String, count: Int, bytes: [UInt8])] = []) -> Data {
    var data = Data([0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E])
    data += [0x80, 2] + Array("M".utf8) + [0xE9, 3] + Array(".".utf8)
    data += [0x80, 2] + Array("}.".utf8)
    data += pickle
    data += [0x80, 2] + Array("](".utf8)
    for storage in storages { data += text(storage.key) }
    data += Array("e.".utf8)
    for storage in storages {
      data += withUnsafeBytes(of: Int64(storage.count).littleEndian) { Data($0) } + storage.bytes
    }
    return data
  }

  static func text(_ text: String) -> [UInt8] {
    [0x58] + withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
  }

  static func integer(_ value: Int32) -> [UInt8] {
    [0x4A] + withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func tuple(_ items: [[UInt8]]) -> [UInt8] {
    Array("(".utf8) + items.flatMap { $0 } + Array("t".utf8)
  }

  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

  static func storage(key: String = "7", count: Int32 = 4, type: String = "FloatStorage") -> [UInt8] {
    tuple([text("storage"), global("torch", type), text(key), text("cpu"), integer(count), Array("N".utf8)])
      + Array("Q".utf8)
  }

  /// A file of the one tensor `x`.
  static func tensor(
    storage: [UInt8] = storage(), offset: Int32, shape: [Int32], strides: [Int32]
  ) -> Data {
    let arguments = tuple([
      storage, integer(offset), tuple(shape.map(integer)), tuple(strides.map(integer)), [0x89],
      global("collections", "OrderedDict") + Array(")R".utf8),
    ])
    let rebuilt = global("torch._utils", "_rebuild_tensor_v2") + arguments + Array("R".utf8)
    let values = withUnsafeBytes(of: (Float(1), Float(2), Float(3), Float(4))) { Array($0) }
    return file(
      [0x80, 2] + Array("}".utf8) + text("x") + rebuilt + Array("s.".utf8), storages: [("7", 4, values)])
  }

  private func refusal(_ data: Data) throws -> String {
    try #require(throws: PyTorchError.self) { try PyTorchFile(data, path: "made.pth") }.reason
  }

  private func refusal(pickle: [UInt8]) throws -> String { try refusal(Self.file([0x80, 2] + pickle)) }

  @Test func readsWhatIsSound() throws {
    let file = try PyTorchFile(Self.tensor(offset: 0, shape: [2, 2], strides: [1, 2]), path: "made.pth")
    #expect(try file.tensor("x").values == [1, 3, 2, 4])
    let expanded = try PyTorchFile(Self.tensor(offset: 3, shape: [3], strides: [0]), path: "made.pth")
    #expect(try expanded.tensor("x").values == [4, 4, 4])
    let empty = try PyTorchFile(Self.tensor(offset: 0, shape: [0, 9], strides: [9, 1]), path: "made.pth")
    #expect(try empty.tensor("x").shape == [0, 9])
  }

  @Test(
    arguments: [
      (1, [2, 2], [2, 1]), (0, [5], [1]), (4, [1], [1]), (-1, [2], [1]), (0, [-2], [1]), (0, [2], [-1]),
      (0, [2, 2], [1]), (0, [2], [1000]), (0, [2_000_000_000, 2_000_000_000, 2_000_000_000], [0, 0, 0]),
      (0, [2_000_000], [0]), (0, [2, 2_000_000_000], [2_000_000_000, 2_000_000_000]),
    ] as [(Int32, [Int32], [Int32])])
  func refusesTensorsOutsideTheirStorage(_ offset: Int32, _ shape: [Int32], _ strides: [Int32]) throws {
    let reason = try refusal(Self.tensor(offset: offset, shape: shape, strides: strides))
    #expect(reason.contains("a tensor of shape"), "\(reason)")
  }

  @Test func refusesStoragesThatDoNotFit() throws {
    let sound = [Int32(2)]
    func reason(_ storage: [UInt8]) throws -> String {
      try refusal(Self.tensor(storage: storage, offset: 0, shape: sound, strides: [1]))
    }
    #expect(try reason(Self.storage(count: 5)).contains("does not have the 5 elements"))
    #expect(try reason(Self.storage(count: -1)).contains("storage '7' of -1 elements"))
    #expect(try reason(Self.storage(key: "8")).contains("a storage that no tensor has"))
    #expect(try reason(Self.storage(type: "DoubleStorage")).contains("ends early"))
    #expect(try reason(Self.storage(type: "ComplexFloatStorage")).contains("torch.ComplexFloatStorage"))
    #expect(try reason(Self.storage(type: "UntypedStorage")).contains("without a type"))
    #expect(try reason(Self.text("storage") + Array("Q".utf8)).contains("no storage"))
  }

  @Test func refusesStoragesDescribedTwice() throws {
    let pickle = Self.tuple([Self.storage(count: 4), Self.storage(count: 3)]) + Array(".".utf8)
    #expect(try refusal(pickle: pickle).contains("described in two ways"))
    #expect(try refusal(pickle: Self.storage() + Array(".".utf8)).contains("outside a tensor"))
  }

  @Test(arguments: [
    ("posix", "system"), ("builtins", "eval"), ("__builtin__", "getattr"), ("torch", "load"),
    ("torch._utils", "_rebuild_qtensor"), ("os", "system"), ("torch", "nn"), ("collections", "Counter"),
  ]) func refusesNames(_ module: String, _ name: String) throws {
    #expect(try refusal(pickle: Self.global(module, name) + Array(".".utf8)).contains("'\(module).\(name)'"))
    // The newer instruction takes the name from the stack.
    let stacked = Self.text(module) + Self.text(name) + [0x93] + Array(".".utf8)
    #expect(try refusal(pickle: stacked).contains("'\(module).\(name)'"))
  }

  /// Short pickles that are wrong, and why.
  @Test(arguments: [
    (".", "values left"), ("NN.", "2 values left"), ("0.", "empty stack"), ("t.", "no mark"),
    ("(0.", "empty stack"),
    ("(N(t.", "values left"), ("h\u{1}.", "nothing was kept"), ("Na.", "that is none"),
    ("NNa.", "that is none"),
    ("}(Nu.", "a key without a value"), ("(Nd.", "a key without a value"), ("]q\u{1}NNs.", "that is none"),
    ("NR.", "empty stack"), ("NNR.", "no name"), ("NNb.", "that has none"),
    ("X\u{0}\u{0}\u{10}\u{0}", "ends early"),
    ("cos", "within a line"), ("I1\n.", "instruction 0x49"), ("(i__main__\nx\n.", "instruction 0x69"),
    ("ctorch\nSize\nNR.", "no name"), ("ctorch\nSize\n)R.", "does not take"),
    ("ctorch\nFloatStorage\n)R.", "does not take"),
    ("ccollections\nOrderedDict\nN\u{85}R.", "else than pairs"), ("q\u{1}.", "empty stack"),
    ("(q\u{1}.", "empty stack"),
  ]) func refusesMalformedPickles(_ text: String, _ words: String) throws {
    let reason = try refusal(pickle: text.unicodeScalars.map { UInt8($0.value) })
    #expect(reason.contains(words), "\(reason)")
  }

  @Test func refusesOtherProtocols() throws {
    #expect(try refusal(Self.file([0x80, 1, 0x4E, 0x2E])).contains("protocol 1"))
    #expect(try refusal(Self.file([0x80, 6, 0x4E, 0x2E])).contains("protocol 6"))
  }

  @Test func refusesHugeAnnouncements() throws {
    for opcode: [UInt8] in [[0x58], [0x54], [0x42], [0x8B]] {
      let reason = try refusal(pickle: opcode + [0xFF, 0xFF, 0xFF, 0xFF, 0x2E])
      #expect(reason.contains("at most"), "\(reason)")
    }
    for opcode: UInt8 in [0x8D, 0x8E] {
      let reason = try refusal(pickle: [opcode] + [UInt8](repeating: 0xFF, count: 8) + [0x2E])
      #expect(reason.contains("a size of"), "\(reason)")
    }
  }

  /// A list that holds itself, and one a million lists deep: neither may cost the stack.
  @Test func refusesCyclesAndDepth() throws {
    #expect(try refusal(pickle: Array("]q\u{1}h\u{1}a.".utf8)).contains("nested more than"))
    let deep = [UInt8](repeating: 0x5D, count: 1_000_000) + [UInt8](repeating: 0x61, count: 999_999)
    #expect(try refusal(pickle: deep + [0x2E]).contains("nested more than"))
    let tuples = [0x4E] + [UInt8](repeating: 0x85, count: 1_000_000)
    #expect(try refusal(pickle: tuples + [0x2E]).contains("nested more than"))
  }

  /// Every list holds the one before it twice: 2⁴⁰ values in a few hundred bytes.
  @Test func refusesExplosions() throws {
    var pickle: [UInt8] = Array("]q\u{0}".utf8)
    for level in 0..<40 as Range<UInt8> {
      pickle += Array("]".utf8) + [0x71, level + 1] + [0x68, level, 0x61, 0x68, level, 0x61]
    }
    pickle += [0x85]
    for _ in 0..<40 { pickle += [0x86] }
    let reason = try refusal(pickle: pickle + [0x2E])
    #expect(reason.contains("counting shared ones"), "\(reason)")
  }

  @Test func refusesTooManyValues() throws {
    let nones = [UInt8](repeating: 0x4E, count: 5_000_000)
    #expect(try refusal(pickle: nones + [0x2E]).contains("on the stack"))
    let marks = [UInt8](repeating: 0x28, count: 5_000_000)
    #expect(try refusal(pickle: marks + [0x2E]).contains("marks"))
    let lists = (0..<2_500_000).flatMap { _ in [0x5D, 0x30] as [UInt8] }
    #expect(try refusal(pickle: lists + lists + [0x2E]).contains("in containers"))
  }

  @Test func integersOfAllLengths() throws {
    func value(_ bytes: [UInt8]) throws -> String {
      String(
        describing: try PyTorchFile(
          Self.file([0x80, 2, 0x8A, UInt8(bytes.count)] + bytes + [0x2E]), path: ""
        ).root)
    }
    #expect(try value([]) == "integer(0)")
    #expect(try value([0xFF]) == "integer(-1)")
    #expect(try value([0x80, 0]) == "integer(128)")
    #expect(try value([0, 0, 0, 0, 0, 0, 0, 0x80]) == "integer(-9223372036854775808)")
    #expect(try value([1, 0, 0, 0, 0, 0, 0, 0, 1]) == "largeInteger(\"0x010000000000000001\")")
  }

  @Test func twoTensorsOfOneNameAreRefused() throws {
    let x = try PyTorchFile(Self.tensor(offset: 0, shape: [1], strides: [1]), path: "")
    #expect(x.names == ["x"])
    let storage = Self.storage()
    func tensor(_ storage: [UInt8]) -> [UInt8] {
      Self.global("torch._utils", "_rebuild_tensor_v2")
        + Self.tuple([storage, Self.integer(0), Self.tuple([]), Self.tuple([])]) + Array("R".utf8)
    }
    let inner = Array("}".utf8) + Self.text("b") + tensor(storage) + Array("s".utf8)
    let pickle =
      Array("}(".utf8) + Self.text("a") + inner + Self.text("a.b") + tensor(storage) + Array("u.".utf8)
    let values = [UInt8](repeating: 0, count: 16)
    let reason = try refusal(Self.file([0x80, 2] + pickle, storages: [("7", 4, values)]))
    #expect(reason.contains("tensor 'a.b' occurs twice"), "\(reason)")
  }
}
