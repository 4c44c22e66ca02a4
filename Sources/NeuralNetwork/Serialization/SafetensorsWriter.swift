import Foundation
import TensorCore

/// Writes safetensors files: tensors in the order given, whole or not at all.
package enum SafetensorsWriter {
  /// 32-bit floats, as the other `write`.
  package static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to url: URL
  ) throws(SafetensorsError) {
    try write(tensors.map { ($0.name, StoredTensor.float32($0.tensor)) }, metadata: metadata, to: url)
  }

  /// Writes to a temporary file beside `url` and renames it, so that a reader never sees half a file.
  ///
  /// - Precondition: no name occurs twice, none is `__metadata__`.
  package static func write(
    _ tensors: [(name: String, tensor: StoredTensor)], metadata: [String: String], to url: URL
  ) throws(SafetensorsError) {
    let temporary = url.deletingLastPathComponent().appendingPathComponent(
      ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).partial")
    do {
      try writeAll(tensors, header: try header(tensors, metadata), to: temporary)
      guard rename(temporary.path, url.path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw SafetensorsError(file: url.path, reason: "cannot be written: \(error.localizedDescription)")
    }
  }

  private static func header(
    _ tensors: [(name: String, tensor: StoredTensor)], _ metadata: [String: String]
  ) throws -> Data {
    precondition(Set(tensors.map(\.name)).count == tensors.count, "a tensor name occurs twice")
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = try metadata.sorted { $0.key < $1.key }.map { try "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for (name, tensor) in tensors {
      let end = offset + tensor.byteCount
      let (type, shape) = (tensor.type.rawValue, tensor.shape.dimensions.map(String.init))
      members.append(
        try "\(quoted(name)):{\"dtype\":\"\(type)\",\"shape\":[\(shape.joined(separator: ","))],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Data("{\(members.joined(separator: ","))}".utf8)
    text.append(contentsOf: [UInt8](repeating: 32, count: (8 - text.count % 8) % 8))
    return text
  }

  private static func quoted(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
  }

  private static func writeAll(
    _ tensors: [(name: String, tensor: StoredTensor)], header: Data, to url: URL
  ) throws {
    guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
    let handle = try FileHandle(forWritingTo: url)
    defer { try? handle.close() }
    try handle.write(contentsOf: withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) })
    try handle.write(contentsOf: header)
    for (_, tensor) in tensors {
      try handle.write(contentsOf: tensor.bytes)
    }
    try handle.synchronize()
  }
}
