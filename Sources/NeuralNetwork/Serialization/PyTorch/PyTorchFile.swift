import Foundation
import TensorCore

/// A file written by `torch.save`, in the ZIP format or in the one before it: read without running anything in it.
///
/// A pickle is a program. Refused, by name, is all that is not needed for tensors in plain containers; whole models
/// are therefore refused, state dicts are not. Sizes, offsets, nesting and checksums are checked.
package struct PyTorchFile: Sendable {
  package let path: String
  /// Everything in the file.
  package let root: PyTorchValue
  /// Names of all tensors in the order of the file; see `PyTorchValue.tensors`.
  package let names: [String]
  private let tensors: [String: PyTorchTensor]
  private let data: Data
  private let blocks: StorageBlocks

  /// Where the bytes of each storage are.
  enum StorageBlocks: Sendable {
    case archive(ZipArchive, entries: [String: ZipArchive.Entry])
    case ranges([String: Range<Int>])
  }

  package init(contentsOf url: URL) throws(PyTorchError) {
    let data: Data
    do {
      data = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      throw PyTorchError(file: url.path, reason: "cannot be read: \(error.localizedDescription)")
    }
    try self.init(data, path: url.path)
  }

  package init(_ slice: Data, path: String) throws(PyTorchError) {
    let data = slice.startIndex == 0 ? slice : Data(slice)
    do throws(Malformed) {
      (root, blocks) = try PyTorchFile.parse(data)
      var tensors: [String: PyTorchTensor] = [:]
      var names: [String] = []
      for (name, tensor) in root.tensors {
        guard tensors.updateValue(tensor, forKey: name) == nil else {
          throw Malformed("tensor '\(name)' occurs twice")
        }
        names.append(name)
      }
      self.tensors = tensors
      self.names = names
    } catch {
      throw PyTorchError(file: path, reason: "cannot be used as a PyTorch file: \(error.reason)")
    }
    self.path = path
    self.data = data
  }

  private static func parse(_ data: Data) throws(Malformed) -> (PyTorchValue, StorageBlocks) {
    if data.starts(with: [0x50, 0x4B]) { return try parseArchive(data) }
    if data.starts(with: LegacyFormat.magic) { return try LegacyFormat.parse(data) }
    throw Malformed("neither a ZIP file nor one of torch.save before version 1.6 (tar files are not read)")
  }

  private static func parseArchive(_ data: Data) throws(Malformed) -> (PyTorchValue, StorageBlocks) {
    let archive = try ZipArchive(data)
    let roots = archive.entries.filter {
      $0.name.hasSuffix("/data.pkl") && $0.name.count { $0 == "/" } == 1
    }
    guard roots.count == 1, let pickle = roots.first else {
      throw Malformed("a ZIP file with \(roots.count) entries '…/data.pkl', expected one")
    }
    let folder = pickle.name.dropLast("data.pkl".count)
    if let order = archive.entry(folder + "byteorder") {
      let text = data[try archive.checkedRange(of: order)]
      guard text.elementsEqual("little".utf8) else {
        throw Malformed("byte order '\(String(decoding: text.prefix(16), as: UTF8.self))', expected little")
      }
    }
    let result = try Unpickler.run(data, try archive.checkedRange(of: pickle))
    var entries: [String: ZipArchive.Entry] = [:]
    for storage in result.storages.values {
      guard let entry = archive.entry("\(folder)data/\(storage.key)") else {
        throw Malformed("ZIP entry '\(folder)data/\(storage.key)' is missing")
      }
      guard entry.size == storage.byteCount else {
        throw Malformed(
          "ZIP entry '\(entry.name)' has \(entry.size) bytes, expected \(storage.byteCount)")
      }
      _ = try archive.range(of: entry)
      entries[storage.key] = entry
    }
    return (result.value, .archive(archive, entries: entries))
  }

  package func shape(of name: String) -> [Int]? { tensors[name]?.shape }

  /// The values as contiguous 32-bit floats, whatever type and strides they are stored with.
  package func tensor(_ name: String) throws(PyTorchError) -> Tensor {
    guard let tensor = tensors[name] else { throw PyTorchError(file: path, reason: "no tensor '\(name)'") }
    let range: Range<Int>
    do {
      range = try bytes(of: tensor.storage)
    } catch {
      throw PyTorchError(file: path, reason: "tensor '\(name)': \(error.reason)")
    }
    return data.withUnsafeBytes { tensor.read(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private func bytes(of storage: PyTorchStorage) throws(Malformed) -> Range<Int> {
    switch blocks {
    case .archive(let archive, let entries):
      guard let entry = entries[storage.key] else { throw Malformed("no storage '\(storage.key)'") }
      return try archive.checkedRange(of: entry)
    case .ranges(let ranges):
      guard let range = ranges[storage.key] else { throw Malformed("no storage '\(storage.key)'") }
      return range
    }
  }
}
