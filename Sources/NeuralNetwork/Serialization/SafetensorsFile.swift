import Foundation
import TensorCore

/// A safetensors file, read and checked as a whole before anything in it is used.
///
/// Refused are: headers that are too long or no strict JSON object, unknown types, negative or overflowing sizes,
/// offsets outside the file, overlapping or with gaps, and metadata that are not strings.
///
/// *Source*: the format description at github.com/huggingface/safetensors.
package struct SafetensorsFile: Sendable {
  package let path: String
  package let metadata: [String: String]
  /// Names in the order of their data.
  package let names: [String]
  private let entries: [String: Entry]
  private let data: Data
  private let dataStart: Int

  /// As the reference implementation's limit.
  private static let longestHeader = 100_000_000

  private struct Entry: Sendable {
    let type: ElementType
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  enum ElementType: String, Sendable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case float64 = "F64"
    case int64 = "I64"
    case int32 = "I32"
    case uint8 = "U8"
    case int8 = "I8"
    case boolean = "BOOL"

    var byteCount: Int {
      switch self {
      case .float64, .int64: 8
      case .float32, .int32: 4
      case .float16, .bfloat16: 2
      case .uint8, .int8, .boolean: 1
      }
    }
  }

  package init(contentsOf url: URL) throws(SafetensorsError) {
    let data: Data
    do {
      data = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      throw SafetensorsError(file: url.path, reason: "cannot be read: \(error.localizedDescription)")
    }
    try self.init(data, path: url.path)
  }

  package init(_ data: Data, path: String) throws(SafetensorsError) {
    func refuse(_ reason: String) -> SafetensorsError {
      SafetensorsError(file: path, reason: "not a valid safetensors file: " + reason)
    }
    guard data.count >= 8 else { throw refuse("\(data.count) bytes, expected at least 8") }
    let length = data.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
    guard length <= UInt64(min(Self.longestHeader, data.count - 8)) else {
      throw refuse("a header of \(length) bytes in a file of \(data.count)")
    }
    let header = data.subdata(in: data.startIndex + 8..<data.startIndex + 8 + Int(length))
    guard header.first == UInt8(ascii: "{") else { throw refuse("the header does not begin with {") }
    let keys: [(key: String, value: StrictJSON)]
    do {
      guard case .object(let members) = try StrictJSON.parse(header) else {
        throw refuse("no object as header")
      }
      keys = members
    } catch let error as SafetensorsError {
      throw error
    } catch {
      throw refuse("header: \(error)")
    }
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]
    let available = data.count - 8 - Int(length)
    for (name, value) in keys {
      if name == "__metadata__" {
        guard case .object(let members) = value else { throw refuse("__metadata__ is no object") }
        for (key, value) in members {
          guard case .string(let text) = value else { throw refuse("metadata '\(key)' is no string") }
          metadata[key] = text
        }
        continue
      }
      switch Self.entry(value, available: available) {
      case .success(let entry): entries[name] = entry
      case .failure(let problem): throw refuse("tensor '\(name)': \(problem.text)")
      }
    }
    let ordered = entries.sorted {
      ($0.value.begin, $0.value.end, $0.key) < ($1.value.begin, $1.value.end, $1.key)
    }
    var position = 0
    for (name, entry) in ordered {
      guard entry.begin == position else {
        throw refuse("tensor '\(name)' begins at byte \(entry.begin), expected \(position): gap or overlap")
      }
      position = entry.end
    }
    guard position == available else {
      throw refuse("\(available) bytes of data, but the tensors take up \(position)")
    }
    self.path = path
    self.metadata = metadata
    self.entries = entries
    self.names = ordered.map(\.key)
    self.data = data
    dataStart = data.startIndex + 8 + Int(length)
  }

  private struct Problem: Error { let text: String }

  private static func entry(_ value: StrictJSON, available: Int) -> Result<Entry, Problem> {
    guard case .object(let members) = value, members.count == 3 else {
      return .failure(Problem(text: "expected dtype, shape and data_offsets"))
    }
    var fields: [String: StrictJSON] = [:]
    for (key, value) in members { fields[key] = value }
    guard case .string(let typeName)? = fields["dtype"], let type = ElementType(rawValue: typeName) else {
      return .failure(Problem(text: "unknown or missing dtype"))
    }
    guard let shape = fields["shape"]?.naturalNumbers, let offsets = fields["data_offsets"]?.naturalNumbers,
      offsets.count == 2
    else { return .failure(Problem(text: "shape and data_offsets must be lists of natural numbers")) }
    var bytes = type.byteCount
    for extent in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      if overflow { return .failure(Problem(text: "shape \(shape) overflows")) }
      bytes = product
    }
    guard offsets[0] <= offsets[1], offsets[1] <= available else {
      return .failure(Problem(text: "bytes \(offsets[0])..<\(offsets[1]) of \(available)"))
    }
    guard offsets[1] - offsets[0] == bytes else {
      return .failure(
        Problem(text: "\(offsets[1] - offsets[0]) bytes, but shape \(shape) of \(typeName) needs \(bytes)"))
    }
    return .success(Entry(type: type, shape: shape, begin: offsets[0], end: offsets[1]))
  }

  package func shape(of name: String) -> [Int]? { entries[name]?.shape }

  /// The values as 32-bit floats, whatever type they are stored in.
  package func tensor(_ name: String) throws(SafetensorsError) -> Tensor {
    guard let entry = entries[name] else {
      throw SafetensorsError(file: path, reason: "no tensor '\(name)'")
    }
    var tensor = Tensor(uninitialized: Shape(entry.shape))
    tensor.withUnsafeMutableBufferPointer { target in
      withBytes(of: entry) { Self.convert($0, type: entry.type, into: target) }
    }
    return tensor
  }

  /// The values of a tensor of 8-bit integers; `nil` if there is none, or one of another type.
  func bytes(_ name: String) -> [Int8]? {
    guard let entry = entries[name], entry.type == .int8 else { return nil }
    return withBytes(of: entry) { Array($0.bindMemory(to: Int8.self)) }
  }

  private func withBytes<Result>(of entry: Entry, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    data.withUnsafeBytes { raw in
      let offset = dataStart - data.startIndex + entry.begin
      return body(UnsafeRawBufferPointer(rebasing: raw[offset..<offset + entry.end - entry.begin]))
    }
  }

  private static func convert(
    _ bytes: UnsafeRawBufferPointer, type: ElementType, into target: UnsafeMutableBufferPointer<Float>
  ) {
    switch type {
    case .float32: UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
    case .float16: fill(target, bytes, 2) { Float(Float16(bitPattern: $0)) }
    case .bfloat16: fill(target, bytes, 2) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float64: fill(target, bytes, 8) { Float(Double(bitPattern: $0)) }
    case .int64: fill(target, bytes, 8) { (value: Int64) in Float(value) }
    case .int32: fill(target, bytes, 4) { (value: Int32) in Float(value) }
    case .uint8, .boolean: fill(target, bytes, 1) { (value: UInt8) in Float(value) }
    case .int8: fill(target, bytes, 1) { (value: Int8) in Float(value) }
    }
  }

  private static func fill<Stored: BitwiseCopyable>(
    _ target: UnsafeMutableBufferPointer<Float>, _ bytes: UnsafeRawBufferPointer, _ size: Int,
    _ convert: (Stored) -> Float
  ) {
    for index in target.indices {
      target[index] = convert(bytes.loadUnaligned(fromByteOffset: index * size, as: Stored.self))
    }
  }
}
