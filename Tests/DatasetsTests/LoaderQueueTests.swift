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
    Thread.sleep(forTimeInterval: 0.1)
    #expect(made.count == 3)
    for _ in 0..<5 { _ = try loader.next() }
    Thread.sleep(forTimeInterval: 0.1)
    #expect(made.count == 8)
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

  @Test func aStoppedLoaderGivesNoMoreBatches() throws {
    let made = Counter()
    let loader = BatchLoader<Int>(firstBatch: 0, prefetch: 2, threads: 2) { batch in
      made.increment()
      return batch
    }
    _ = try loader.next()
    loader.stop()
    loader.stop()
    #expect(throws: CancellationError.self) { try loader.next() }
    Thread.sleep(forTimeInterval: 0.05)
    let count = made.count
    Thread.sleep(forTimeInterval: 0.05)
    #expect(made.count == count)
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

  @Test func aForgottenLoaderEndsItsThreads() throws {
    weak var witness: Counter?
    do {
      let counter = Counter()
      witness = counter
      let loader = BatchLoader<Int>(firstBatch: 0, prefetch: 2, threads: 2) { batch in
        counter.increment()
        return batch
      }
      _ = try loader.next()
    }
    for _ in 0..<100 where witness != nil { Thread.sleep(forTimeInterval: 0.02) }
    #expect(witness == nil, "what makes batches outlives its loader")
  }

  @Test func reportsHowLongNextHadToWait() throws {
    let slow = BatchLoader<Int>(firstBatch: 0, prefetch: 1, threads: 1) { batch in
      Thread.sleep(forTimeInterval: 0.05)
      return batch
    }
    for _ in 0..<3 { _ = try slow.next() }
    #expect(slow.waitedSeconds > 0.12 && slow.waitedSeconds < 5)
    let fast = BatchLoader<Int>(firstBatch: 0, prefetch: 4, threads: 1) { $0 }
    Thread.sleep(forTimeInterval: 0.1)
    for _ in 0..<4 { _ = try fast.next() }
    #expect(fast.waitedSeconds < 0.02)
  }
}
