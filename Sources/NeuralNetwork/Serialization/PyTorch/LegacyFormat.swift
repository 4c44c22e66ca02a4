import Foundation

/// The format of `torch.save` before version 1.6: pickles one after the other (a magic number, the format's version,
/// facts about the machine, the object, the keys of the storages), then each storage as its length and its elements.
///
/// *Source*: `_legacy_save` in PyTorch's torch/serialization.py.
enum LegacyFormat {
  /// The pickle, in protocol 2, of 0x1950A86A20F9469CFC6C.
  static let magic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  private static let version = 1001

  static func parse(_ data: Data) throws(Malformed) -> (PyTorchValue, PyTorchFile.StorageBlocks) {
    var position = magic.count
    func next(_ what: String) throws(Malformed) -> Unpickler.Result {
      do {
        let result = try Unpickler.run(data, position..<data.count)
        position = result.end
        return result
      } catch {
        throw Malformed("\(what): \(error.reason)")
      }
    }
    guard case .integer(version) = try next("format version").value else {
      throw Malformed("a format version other than \(version)")
    }
    let system = try next("facts about the machine").value
    if case .boolean(let isLittle)? = system["little_endian"], !isLittle {
      throw Malformed("big-endian, expected little-endian")
    }
    let object = try next("object")
    guard case .list(let keys) = try next("storage keys").value else {
      throw Malformed("no list of storages")
    }
    var reader = ByteReader(data, position..<data.count)
    var ranges: [String: Range<Int>] = [:]
    for key in keys {
      guard case .string(let key) = key, let storage = object.storages[key] else {
        throw Malformed("a storage that no tensor has")
      }
      guard try reader.size(8) == storage.count else {
        throw Malformed("storage '\(key)' does not have the \(storage.count) elements that were announced")
      }
      let start = reader.position
      try reader.skip(storage.byteCount)
      guard ranges.updateValue(start..<reader.position, forKey: key) == nil else {
        throw Malformed("storage '\(key)' occurs twice")
      }
    }
    guard ranges.count == object.storages.count else { throw Malformed("a storage is missing") }
    return (object.value, .ranges(ranges))
  }
}
