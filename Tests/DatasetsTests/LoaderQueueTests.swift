import Datasets
import Foundation
import Synchronization
import Testing

/// The loader's machinery, on numbers instead of images.
@Suite struct LoaderQueueTests {
  private final class Counter: Sendable {
    let value = Mutex(0)
    func increment() { value.withLock { $0 += 1 } }
    var count: Int { value.withLock { $0 } }
  }

  private struct Failure: Error, Equatable { let batch: Int }

  /// Whether `counter` reaches `count` and stays there.
  private func settled(_ counter: Counter, at count: Int) -> Bool {
    for _ in 0..<500 where counter.count < count { Thread.sleep(forTimeInterval: 0.01) }
    Thread.sleep(forTimeInterval: 0.05)
    return counter.count == count
  }

  @Test func batchesComeInOrderWhateverTheThreadsDo() throws {
    let loader = BatchLoader<Int>(firstBatch: 7, prefetch: 6, threads: 4) { batch in
      Thread.sleep(forTimeInterval: batch % 3 == 0 ? 0.004 : 0)
      return batch
    }
    for expected in 7..<67 { #expect(try loader.next() == expected) }
  }

  @Test func noMoreIsMadeAheadThanAskedFor() throws {
    let made = Counter()
    let loader = BatchLoader<Int>(firstBatch: 0, prefetch: 3, threads: 2) { batch in
      made.increment()
      return batch
    }
    #expect(settled(made, at: 3))
    for _ in 0..<5 { _ = try loader.next() }
    #expect(settled(made, at: 8))
  }

  @Test func errorsKeepTheirPlace() throws {
    let loader = BatchLoader<Int>(firstBatch: 0, prefetch: 3, threads: 2) { batch in
      if batch == 2 { throw Failure(batch: batch) }
      return batch
    }
    #expect(try loader.next() == 0)
    #expect(try loader.next() == 1)
    #expect(throws: Failure(batch: 2)) { try loader.next() }
    #expect(try loader.next() == 3)
  }

  @Test func finishingWaitsForTheThreads() throws {
    let (begun, ended) = (Counter(), Counter())
    let loader = BatchLoader<Int>(firstBatch: 0, prefetch: 4, threads: 3) { batch in
      begun.increment()
      Thread.sleep(forTimeInterval: 0.02)
      ended.increment()
      return batch
    }
    _ = try loader.next()
    loader.finish()
    #expect(begun.count == ended.count)
    #expect(throws: CancellationError.self) { try loader.next() }
  }

  @Test func aStoppedLoaderEndsItsThreads() throws {
    weak var witness: Counter?
    let loader = makeLoader(witness: &witness)
    _ = try loader.next()
    #expect(witness != nil)
    loader.stop()
    loader.stop()
    #expect(throws: CancellationError.self) { try loader.next() }
    for _ in 0..<500 where witness != nil { Thread.sleep(forTimeInterval: 0.01) }
    #expect(witness == nil, "only the threads hold what makes batches")
    withExtendedLifetime(loader) {}
  }

  @Test func aForgottenLoaderEndsItsThreads() throws {
    weak var witness: Counter?
    do {
      let loader = makeLoader(witness: &witness)
      _ = try loader.next()
      #expect(witness != nil)
    }
    for _ in 0..<500 where witness != nil { Thread.sleep(forTimeInterval: 0.01) }
    #expect(witness == nil, "what makes batches outlives its loader")
  }

  private func makeLoader(witness: inout Counter?) -> BatchLoader<Int> {
    let counter = Counter()
    witness = counter
    return BatchLoader<Int>(firstBatch: 0, prefetch: 2, threads: 2) { batch in
      counter.increment()
      return batch
    }
  }

  @Test(.timeLimit(.minutes(1))) func stoppingWakesWhoWaits() {
    let release = DispatchSemaphore(value: 0)
    let loader = BatchLoader<Int>(firstBatch: 0, prefetch: 1, threads: 1) { batch in
      release.wait()
      return batch
    }
    Thread {
      Thread.sleep(forTimeInterval: 0.05)
      loader.stop()
    }.start()
    #expect(throws: CancellationError.self) { try loader.next() }
    release.signal()
  }

  @Test func reportsHowLongNextHadToWait() throws {
    let slow = BatchLoader<Int>(firstBatch: 0, prefetch: 1, threads: 1) { batch in
      Thread.sleep(forTimeInterval: 0.05)
      return batch
    }
    for _ in 0..<3 { _ = try slow.next() }
    #expect(slow.waitedSeconds > 0.06 && slow.waitedSeconds < 5)
    let made = Counter()
    let fast = BatchLoader<Int>(firstBatch: 0, prefetch: 4, threads: 1) { batch in
      made.increment()
      return batch
    }
    #expect(settled(made, at: 4))
    for _ in 0..<4 { _ = try fast.next() }
    #expect(fast.waitedSeconds < 0.05)
  }
}
