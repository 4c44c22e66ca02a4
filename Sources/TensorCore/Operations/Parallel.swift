import Dispatch
import Glibc

/// Splits loops over the processor's cores. The split depends on the problem alone, never on the number of cores,
/// so that sums come out the same everywhere.
enum Parallel {
  /// Runs `body` for consecutive ranges that cover `0 ..< count`, each of at least `grain` (but the last).
  static func forEachRange(count: Int, grain: Int, maximumRanges: Int = 16, _ body: (Range<Int>) -> Void) {
    let ranges = rangeCount(count: count, grain: grain, maximumRanges: maximumRanges)
    guard count > 0 else { return }
    perform(iterations: ranges) { body(range($0, of: ranges, count: count)) }
  }

  /// Whether loops stay on the thread that starts them.
  @TaskLocal private static var isConfined = false

  /// Lets the loops that `body` starts stay on its thread, their ranges one after the other: where cores are shared out
  /// over larger pieces of work, nobody has to wait for anybody inside a piece. Results stay the same.
  static func onThisThread<Result>(_ body: () -> Result) -> Result {
    $isConfined.withValue(true, operation: body)
  }

  /// Runs `body` for each part: on a core of its own if there are parts for all cores, otherwise one after the other,
  /// the loops inside it parallel.
  static func forEachPart(_ parts: [Range<Int>], _ body: (Range<Int>) -> Void) {
    guard parts.count >= coreCount && !isConfined else { return parts.forEach(body) }
    perform(iterations: parts.count) { index in onThisThread { body(parts[index]) } }
  }

  static let coreCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

  private static func perform(iterations: Int, _ body: (Int) -> Void) {
    guard iterations > 1 && !isConfined else {
      for index in 0..<iterations { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let shared = UncheckedBox(body)
      DispatchQueue.concurrentPerform(iterations: iterations) { shared.value($0) }
    }
  }

  /// Ranges for a matrix loop that touches `rows × channels` floats: a few ten thousand elements each at least.
  static func forEachRowRange(rows: Int, channels: Int, _ body: (Range<Int>) -> Void) {
    forEachRange(count: rows, grain: max(1, 32768 / max(1, channels)), body)
  }

  /// As `forEachRowRange`, with partial results added up in order.
  static func sum(
    rows: Int, channels: Int, width: Int, _ body: (Range<Int>, UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    let grain = max(1, 32768 / max(1, channels))
    let ranges = max(1, rangeCount(count: rows, grain: grain, maximumRanges: 16))
    var partial = [Double](repeating: 0, count: ranges * width)
    partial.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, rows > 0 else { return }
      perform(iterations: ranges) { index in
        body(range(index, of: ranges, count: rows), base + index * width)
      }
    }
    var total = [Double](repeating: 0, count: width)
    for part in 0..<ranges {
      for i in 0..<width { total[i] += partial[part * width + i] }
    }
    return total
  }

  private static func rangeCount(count: Int, grain: Int, maximumRanges: Int) -> Int {
    min(maximumRanges, max(1, count / max(1, grain)))
  }

  private static func range(_ index: Int, of ranges: Int, count: Int) -> Range<Int> {
    count * index / ranges..<count * (index + 1) / ranges
  }
}

/// Carries a value into a parallel loop that the caller waits for; the ranges never overlap.
struct UncheckedBox<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
