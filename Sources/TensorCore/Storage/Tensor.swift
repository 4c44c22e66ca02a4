/// A dense array of 32-bit floats, row-major; images are NHWC.
///
/// A value type over shared storage: reading never copies, writing copies only what somebody else still holds.
package struct Tensor: @unchecked Sendable {
  package let shape: Shape
  private var storage: Storage

  // Invariant behind `@unchecked Sendable`: storage is written only while uniquely referenced.
  private final class Storage {
    let pointer: UnsafeMutablePointer<Float>
    let capacity: Int

    init(count: Int) {
      capacity = BufferPool.capacity(for: count)
      pointer = BufferPool.shared.take(capacity: capacity)
    }

    deinit { BufferPool.shared.give(pointer, capacity: capacity) }
  }

  /// A tensor whose values are whatever the memory held; the caller writes all of them.
  package init(uninitialized shape: Shape) {
    self.shape = shape
    storage = Storage(count: shape.elementCount)
  }

  package init(repeating value: Float, shape: Shape) {
    self.init(uninitialized: shape)
    storage.pointer.update(repeating: value, count: shape.elementCount)
  }

  package init(zeros shape: Shape) { self.init(repeating: 0, shape: shape) }

  /// - Precondition: `values` has as many elements as `shape`.
  package init(_ values: [Float], shape: Shape) {
    precondition(values.count == shape.elementCount, "\(values.count) values for shape \(shape)")
    self.init(uninitialized: shape)
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      storage.pointer.update(from: base, count: values.count)
    }
  }

  package init(scalar value: Float) { self.init([value], shape: []) }

  package var count: Int { shape.elementCount }

  /// All values, copied.
  package var values: [Float] { withUnsafeBufferPointer { Array($0) } }

  /// The value of a tensor with one element.
  package var scalar: Float {
    precondition(count == 1, "scalar of a tensor of shape \(shape)")
    return storage.pointer[0]
  }

  package func withUnsafeBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.pointer, count: count))
  }

  package mutating func withUnsafeMutableBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.pointer, count: count))
  }

  /// The same values under another shape of the same element count.
  package func reshaped(to newShape: Shape) -> Tensor {
    precondition(newShape.elementCount == count, "cannot reshape \(shape) to \(newShape)")
    return Tensor(shape: newShape, storage: storage)
  }

  private init(shape: Shape, storage: Storage) {
    self.shape = shape
    self.storage = storage
  }

  private mutating func makeUnique() {
    guard !isKnownUniquelyReferenced(&storage) else { return }
    let copy = Storage(count: count)
    copy.pointer.update(from: storage.pointer, count: count)
    storage = copy
  }

  /// Whether nobody else holds these values, so that they may be overwritten in place.
  mutating func isUniquelyReferenced() -> Bool { isKnownUniquelyReferenced(&storage) }

  /// For kernels inside this target. Valid while the tensor lives: take it from a function's parameter or from a
  /// local that is used afterwards.
  var pointer: UnsafePointer<Float> { UnsafePointer(storage.pointer) }

  /// As `pointer`, for a tensor that this kernel has just made.
  var mutablePointer: UnsafeMutablePointer<Float> { storage.pointer }
}

extension Tensor {
  /// `[N, H, W, C]` seen as a matrix: pixels × channels.
  var channels: Int { shape.dimensions.last ?? 1 }
  var rows: Int { channels == 0 ? 0 : count / channels }
}
