import Foundation
import NeuralNetwork
import TensorCore
import Testing

/// ZIP files written by hand around the parts of a sound PyTorch file.
@Suite struct ZipArchiveTests {
  struct Entry {
    var name: String
    var bytes: [UInt8]
    var flags: UInt16 = 0
    var method: UInt16 = 0
    var checksum: UInt32?
    var localName: String?
    var announcedSize: UInt32?
  }

  /// The plain definition, bit by bit.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var check: UInt32 = .max
    for byte in bytes {
      check ^= UInt32(byte)
      for _ in 0..<8 { check = check & 1 == 1 ? check >> 1 ^ 0xEDB8_8320 : check >> 1 }
    }
    return ~check
  }

  static func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func archive(_ entries: [Entry], comment: String = "") -> [UInt8] {
    var (body, directory): ([UInt8], [UInt8]) = ([], [])
    for entry in entries {
      let common: [UInt8] =
        number(UInt16(20)) + number(entry.flags) + number(entry.method) + number(UInt32(0))
        + number(entry.checksum ?? checksum(entry.bytes))
        + number(entry.announcedSize ?? UInt32(entry.bytes.count))
        + number(entry.announcedSize ?? UInt32(entry.bytes.count))
      let offset = UInt32(body.count)
      let localName = Array((entry.localName ?? entry.name).utf8)
      body += number(UInt32(0x0403_4B50)) + common + number(UInt16(localName.count)) + number(UInt16(0))
      body += localName + entry.bytes
      let name = Array(entry.name.utf8)
      directory += number(UInt32(0x0201_4B50)) + number(UInt16(20)) + common + number(UInt16(name.count))
      directory += [UInt8](repeating: 0, count: 12) + number(offset) + name
    }
    let count = number(UInt16(entries.count))
    let sizes = number(UInt32(directory.count)) + number(UInt32(body.count))
    let end = number(UInt32(0x0605_4B50)) + [0, 0, 0, 0] + count + count + sizes
    return body + directory + end + number(UInt16(comment.utf8.count)) + Array(comment.utf8)
  }

  /// A file of one tensor `x` = [1, 2, 3, 4].
  static func parts() -> [Entry] {
    let arguments = PickleTests.tuple([
      PickleTests.storage(key: "0"), PickleTests.integer(0), PickleTests.tuple([PickleTests.integer(4)]),
      PickleTests.tuple([PickleTests.integer(1)]),
    ])
    let pickle: [UInt8] =
      [0x80, 2] + Array("}".utf8) + PickleTests.text("x")
      + PickleTests.global("torch._utils", "_rebuild_tensor_v2") + arguments + Array("Rs.".utf8)
    let values = [Float(1), 2, 3, 4].flatMap { number($0.bitPattern) }
    return [
      Entry(name: "m/data.pkl", bytes: pickle), Entry(name: "m/byteorder", bytes: Array("little".utf8)),
      Entry(name: "m/data/0", bytes: values), Entry(name: "m/version", bytes: Array("3\n".utf8)),
    ]
  }

  private func refusal(comment: String = "", _ change: (inout [Entry]) -> Void) throws -> String {
    var entries = Self.parts()
    change(&entries)
    return try refusal(Self.archive(entries, comment: comment))
  }

  private func refusal(_ bytes: [UInt8]) throws -> String {
    try #require(throws: PyTorchError.self) {
      let file = try PyTorchFile(Data(bytes), path: "made.pth")
      _ = try file.tensor("x")
    }.reason
  }

  @Test(arguments: ["", "a comment", "PK\u{5}\u{6} within the comment, long enough for an end record"])
  func readsWhatIsSound(comment: String) throws {
    let file = try PyTorchFile(Data(Self.archive(Self.parts(), comment: comment)), path: "made.pth")
    #expect(try file.tensor("x").values == [1, 2, 3, 4])
  }

  @Test func refusesDamage() throws {
    #expect(try refusal { $0[0].checksum = 1 }.contains("'m/data.pkl' is damaged"))
    #expect(try refusal { $0[2].checksum = 1 }.contains("'m/data/0' is damaged"))
    #expect(try refusal { $0[2].method = 8 }.contains("deflate"))
    #expect(try refusal { $0[2].method = 93 }.contains("method 93"))
    #expect(try refusal { $0[2].flags = 1 }.contains("encrypted"))
    #expect(try refusal { $0[2].localName = "m/data/1" }.contains("another name"))
    #expect(try refusal { $0[2].bytes += [0] }.contains("17 bytes, expected 16"))
    #expect(try refusal { $0[0].announcedSize = 1_000_000 }.contains("ends early"))
    #expect(try refusal { $0[3].name = "m/data/0" }.contains("occurs twice"))
    #expect(try refusal { $0.remove(at: 2) }.contains("'m/data/0' is missing"))
    #expect(try refusal { $0.remove(at: 0) }.contains("0 entries '…/data.pkl'"))
    #expect(try refusal { $0[3] = Entry(name: "n/data.pkl", bytes: []) }.contains("2 entries '…/data.pkl'"))
    #expect(try refusal { $0[1].bytes = Array("big".utf8) }.contains("byte order 'big'"))
  }

  @Test func refusesDirectoriesElsewhere() throws {
    let sound = Self.archive(Self.parts())
    let end = sound.count - 22
    func changed(at offset: Int, _ bytes: [UInt8]) -> [UInt8] {
      var copy = sound
      copy.replaceSubrange(end + offset..<end + offset + bytes.count, with: bytes)
      return copy
    }
    #expect(try refusal(changed(at: 4, [1])).contains("several parts"))
    #expect(try refusal(changed(at: 8, [5, 0, 5, 0])).contains("pickle") == false)
    #expect(try refusal(changed(at: 8, [3, 0, 3, 0])).contains("after the last entry"))
    #expect(try refusal(changed(at: 16, Self.number(UInt32(sound.count)))).contains("ZIP directory of"))
    #expect(try refusal(changed(at: 16, [0xFF, 0xFF, 0xFF, 0xFF])).contains("ZIP64"))
    #expect(try refusal(changed(at: 20, [1])).contains("no end of a ZIP directory"))
  }

  /// Mutants of the pickle with its checksum made right again, so that the unpickler gets to see them.
  @Test func mutatedPicklesOnlyThrow() {
    var mutator = Mutator(seed: 31)
    var refused = 0
    let rounds = 10_000
    for _ in 0..<rounds {
      var entries = Self.parts()
      entries[0].bytes = mutator.mutated(entries[0].bytes)
      do {
        let file = try PyTorchFile(Data(Self.archive(entries)), path: "mutant")
        for name in file.names { _ = try file.tensor(name) }
      } catch {
        refused += 1
      }
    }
    #expect(refused > rounds / 2 && refused < rounds)
  }
}
