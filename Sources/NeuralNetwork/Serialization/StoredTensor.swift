import Foundation
import TensorCore

/// Values as a safetensors file keeps them.
package enum StoredTensor {
  case float32(Tensor)
  case int8([Int8], shape: Shape)

  var shape: Shape {
    switch self {
    case .float32(let tensor): tensor.shape
    case .int8(_, let shape): shape
    }
  }

  var type: SafetensorsFile.ElementType {
    switch self {
    case .float32: .float32
    case .int8: .int8
    }
  }

  var byteCount: Int { shape.elementCount * type.byteCount }

  var bytes: Data {
    switch self {
    case .float32(let tensor): tensor.withUnsafeBufferPointer { Data(buffer: $0) }
    case .int8(let values, _): values.withUnsafeBufferPointer { Data(buffer: $0) }
    }
  }
}
