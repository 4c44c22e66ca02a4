import Foundation

/// Makes batches ahead of their use, on threads of its own, and hands them out in order.
///
/// What comes out depends on the batch's number alone, not on threads or timing. When the loader is freed or
/// stopped its threads end after the batch that they are at.
package final class BatchLoader<Batch: Sendable>: Sendable {
  private let queue: BatchQueue<Batch>

  /// - Parameters:
  ///   - prefetch: how many batches are made ahead.
  ///   - make: called on the loader's threads, once for every number from `firstBatch` on.
  package init(
    firstBatch: Int, prefetch: Int, threads: Int, make: @escaping @Sendable (Int) throws -> Batch
  ) {
    precondition(firstBatch >= 0 && prefetch > 0 && threads > 0)
    let queue = BatchQueue<Batch>(firstBatch: firstBatch, prefetch: prefetch, threads: threads)
    self.queue = queue
    for _ in 0..<threads {
      // Holds the queue and not the loader, whose end is what stops it.
      let thread = Thread {
        while let batch = queue.claim() { queue.fulfill(batch, with: Result { try make(batch) }) }
        queue.leave()
      }
      thread.name = "errata-loader"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  deinit { queue.stop() }

  /// Lets the threads end; batches that were made are dropped.
  package func stop() { queue.stop() }

  /// As `stop()`, and waits until the threads have ended.
  package func finish() { queue.finish() }

  /// How long `next()` had to wait in all.
  package var waitedSeconds: Double { queue.waited / .seconds(1) }

  /// The next batch.
  ///
  /// - Throws: what went wrong with one of its samples, naming the file; the batch after it can still be
  ///   asked for. `CancellationError` once the loader is stopped.
  package func next() throws -> Batch { try queue.next() }
}

/// What the loader and its threads share.
private final class BatchQueue<Batch: Sendable>: @unchecked Sendable {
  // Invariant behind `@unchecked Sendable`: everything mutable is touched under `condition` only.
  private let condition = NSCondition()
  private var ready: [Int: Result<Batch, any Error>] = [:]
  private var nextToMake: Int
  private var nextToHandOut: Int
  private var isStopped = false
  private var totalWait = Duration.zero
  private let prefetch: Int
  private var runningThreads: Int

  init(firstBatch: Int, prefetch: Int, threads: Int) {
    runningThreads = threads
    nextToMake = firstBatch
    nextToHandOut = firstBatch
    self.prefetch = prefetch
  }

  var waited: Duration { condition.withLock { totalWait } }

  func stop() {
    condition.withLock {
      isStopped = true
      ready.removeAll()
      condition.broadcast()
    }
  }

  func finish() {
    stop()
    condition.withLock {
      while runningThreads > 0 { condition.wait() }
    }
  }

  /// A thread ends.
  func leave() {
    condition.withLock {
      runningThreads -= 1
      condition.broadcast()
    }
  }

  func next() throws -> Batch {
    let start = ContinuousClock.now
    return try condition.withLock {
      while ready[nextToHandOut] == nil && !isStopped { condition.wait() }
      totalWait += start.duration(to: .now)
      guard let result = ready.removeValue(forKey: nextToHandOut) else { throw CancellationError() }
      nextToHandOut += 1
      condition.broadcast()
      return try result.get()
    }
  }

  /// The number of the next batch to make, as soon as there is room for it; `nil` when the loader is
  /// stopped.
  func claim() -> Int? {
    condition.withLock {
      while !isStopped && nextToMake >= nextToHandOut + prefetch { condition.wait() }
      guard !isStopped else { return nil }
      defer { nextToMake += 1 }
      return nextToMake
    }
  }

  func fulfill(_ batch: Int, with result: Result<Batch, any Error>) {
    condition.withLock {
      guard !isStopped else { return }
      ready[batch] = result
      condition.broadcast()
    }
  }
}
