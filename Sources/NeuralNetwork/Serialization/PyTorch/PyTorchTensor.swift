import Foundation
import TensorCore

/// The element types that PyTorch files may hold here; each is read as 32-bit floats.
enum PyTorchElementType: String, Sendable, CaseIterable {
  case float32, float16, bfloat16, float64, int64, int32, int16, int8, uint8, bool

  var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// `torch.FloatStorage` and so on.
  init?(storageClass name: String) {
    let names: [String: PyTorchElementType] = [
      "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
      "DoubleStorage": .float64, "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16,
      "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
    ]
    guard let type = names[name] else { return nil }
    self = type
  }

  /// `torch.float32` and so on.
  init?(dataType name: String) { self.init(rawValue: name) }
}

/// A block of elements that tensors share, named by its key in the file.
struct PyTorchStorage: Sendable, Equatable {
  let key: String
  /// `nil` for bytes whose type the tensor tells.
  let type: PyTorchElementType?
  /// In elements, or in bytes without a type.
  let count: Int

  var byteCount: Int { count * (type?.byteCount ?? 1) }
}

/// A view of a storage.
package struct PyTorchTensor: Sendable, Equatable {
  package let shape: [Int]
  let strides: [Int]
  let offset: Int
  let type: PyTorchElementType
  let storage: PyTorchStorage

  /// How many elements a tensor may have more than its storage (by strides of 0).
  private static let largestExpansion = 1 << 20

  /// - Throws: unless every element lies in the storage.
  init(
    storage: PyTorchStorage, type: PyTorchElementType?, offset: Int, shape: [Int], strides: [Int]
  ) throws(Malformed) {
    guard let type = type ?? storage.type else {
      throw Malformed("a tensor of untyped storage without a type")
    }
    guard shape.count == strides.count, offset >= 0, shape.allSatisfy({ $0 >= 0 }),
      strides.allSatisfy({ $0 >= 0 })
    else { throw Malformed("a tensor of shape \(shape) with strides \(strides) at offset \(offset)") }
    let available = storage.byteCount / type.byteCount
    var (count, last, overflow) = (1, offset, false)
    for (extent, stride) in zip(shape, strides) {
      let (product, o1) = count.multipliedReportingOverflow(by: extent)
      let (reach, o2) = max(0, extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, o3) = last.addingReportingOverflow(reach)
      (count, last, overflow) = (product, sum, overflow || o1 || o2 || o3)
    }
    guard !overflow, count == 0 || last < available else {
      throw Malformed(
        "a tensor of shape \(shape) with strides \(strides) at offset \(offset) in a storage of \(available)")
    }
    guard count <= max(available, Self.largestExpansion) else {
      throw Malformed("a tensor of shape \(shape) expanded from a storage of \(available)")
    }
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.type = type
    self.storage = storage
  }

  /// The elements in row-major order, as 32-bit floats.
  ///
  /// - Precondition: `bytes` are the storage's.
  func read(from bytes: UnsafeRawBufferPointer) -> Tensor {
    precondition(bytes.count == storage.byteCount)
    switch type {
    case .float32: return fill(bytes) { Float(bitPattern: $0) }
    case .float16: return fill(bytes) { Float(Float16(bitPattern: $0)) }
    case .bfloat16: return fill(bytes) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float64: return fill(bytes) { Float(Double(bitPattern: $0)) }
    case .int64: return fill(bytes) { (value: Int64) in Float(value) }
    case .int32: return fill(bytes) { (value: Int32) in Float(value) }
    case .int16: return fill(bytes) { (value: Int16) in Float(value) }
    case .int8: return fill(bytes) { (value: Int8) in Float(value) }
    case .uint8: return fill(bytes) { (value: UInt8) in Float(value) }
    case .bool: return fill(bytes) { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }

  private func fill<Stored: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ convert: (Stored) -> Float
  ) -> Tensor {
    var tensor = Tensor(uninitialized: Shape(shape))
    guard tensor.count > 0 else { return tensor }
    let (size, rowLength) = (MemoryLayout<Stored>.size, shape.last ?? 1)
    let rowStride = strides.last ?? 1
    tensor.withUnsafeMutableBufferPointer { target in
      var index = [Int](repeating: 0, count: max(0, shape.count - 1))
      var source = offset
      for row in 0..<target.count / rowLength {
        for column in 0..<rowLength {
          let position = (source + column * rowStride) * size
          let stored = bytes.loadUnaligned(fromByteOffset: position, as: Stored.self)
          target[row * rowLength + column] = convert(Stored(littleEndian: stored))
        }
        // Counts through all dimensions but the last, the innermost first.
        for dimension in index.indices.reversed() {
          index[dimension] += 1
          source += strides[dimension]
          guard index[dimension] == shape[dimension] else { break }
          source -= strides[dimension] * shape[dimension]
          index[dimension] = 0
        }
      }
    }
    return tensor
  }
}
