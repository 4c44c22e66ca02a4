import Glibc
import Synchronization

/// Recycles float buffers: freshly mapped memory is the hidden cost of a training step.
///
/// Buffers come in size classes an eighth apart, page-aligned; large ones ask for huge pages. Freed buffers stay
/// cached until `trim()`.
package final class BufferPool: Sendable {
  package static let shared = BufferPool()

  private struct Address: @unchecked Sendable { let pointer: UnsafeMutablePointer<Float> }

  private struct State {
    var free: [Int: [Address]] = [:]
    var cachedBytes = 0
    var liveBytes = 0
    var peakLiveBytes = 0
  }

  private let state = Mutex(State())

  /// Bytes of all buffers in use now, and at most since `resetPeak()`.
  package var liveBytes: Int { state.withLock { $0.liveBytes } }
  package var peakLiveBytes: Int { state.withLock { $0.peakLiveBytes } }

  package func resetPeak() { state.withLock { $0.peakLiveBytes = $0.liveBytes } }

  /// Gives every cached buffer back to the system.
  package func trim() {
    let cached = state.withLock { state in
      let all = state.free.values.flatMap { $0 }
      state.free.removeAll()
      state.cachedBytes = 0
      return all
    }
    for address in cached { Glibc.free(address.pointer) }
  }

  /// The class that `count` floats fall into.
  static func capacity(for count: Int) -> Int {
    guard count > 256 else { return 256 }
    let step = 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount - 3)
    return (count + step - 1) / step * step
  }

  func take(capacity: Int) -> UnsafeMutablePointer<Float> {
    let bytes = capacity * MemoryLayout<Float>.stride
    let recycled = state.withLock { state -> Address? in
      state.liveBytes += bytes
      state.peakLiveBytes = max(state.peakLiveBytes, state.liveBytes)
      guard let address = state.free[capacity]?.popLast() else { return nil }
      state.cachedBytes -= bytes
      return address
    }
    if let recycled { return recycled.pointer }
    let hugePage = 1 << 21
    var raw: UnsafeMutableRawPointer?
    // Some of oneDNN's kernels sum in another order when an address lies otherwise within its page.
    let status = posix_memalign(&raw, bytes >= hugePage ? hugePage : 4096, bytes)
    guard status == 0, let raw else {
      preconditionFailure("out of memory: \(bytes) bytes for a tensor, \(liveBytes) already in use")
    }
    if bytes >= hugePage { madvise(raw, bytes, MADV_HUGEPAGE) }
    return raw.bindMemory(to: Float.self, capacity: capacity)
  }

  func give(_ pointer: UnsafeMutablePointer<Float>, capacity: Int) {
    let address = Address(pointer: pointer)
    let bytes = capacity * MemoryLayout<Float>.stride
    state.withLock { state in
      state.liveBytes -= bytes
      state.cachedBytes += bytes
      state.free[capacity, default: []].append(address)
    }
  }
}
