import AuditStore
import Datasets

/// Decode → predict → statistics → database, for every image of a folder that is not in the run yet.
///
/// Several images are on their way at once, each from its file to its compressed maps on cores of its own; what comes out
/// is written in the order of the folder. A broken image is recorded as failed and the rest goes on.
final class AuditPipeline {
  struct Outcome {
    var audited = 0
    var failed = 0
    var alreadyDone = 0
    /// Among `alreadyDone`: under another path before.
    var renamed = 0
    /// Among `audited`: with another content before.
    var changed = 0
    /// In the run, but no longer in the folder.
    var missing = 0
    var wasInterrupted = false
  }

  private let store: AuditStore
  private let run: AuditRun
  private let judge: ImageJudge
  private let samples: [Sample]
  private let imagesAtOnce: Int

  /// Finished images that may wait for their turn, so that a slow one holds nobody up.
  private static let finishedAhead = 4

  init(_ judge: ImageJudge, samples: [Sample], imagesAtOnce: Int) {
    store = judge.store
    run = judge.run
    self.judge = judge
    self.samples = samples
    self.imagesAtOnce = imagesAtOnce
  }

  func process() throws -> Outcome {
    var known = try KnownImages(samples, run: run, store: store, inputs: judge.inputs)
    let remaining = known.remaining
    var outcome = Outcome(alreadyDone: samples.count - remaining.count)
    let progress = ProgressReporter(total: samples.count, done: outcome.alreadyDone, unit: "images")
    let judged = BatchLoader<ImageJudge.Verdict?>(
      firstBatch: 0, prefetch: imagesAtOnce + Self.finishedAhead, threads: imagesAtOnce
    ) { [known, judge] index in
      index < remaining.count ? try judge.judge(remaining[index], known: known) : nil
    }
    // The end of the process must not meet threads that still compute.
    defer { judged.finish() }
    for sample in remaining {
      if Interruption.isRequested {
        outcome.wasInterrupted = true
        break
      }
      guard let verdict = try judged.next() else { break }
      if let failure = try take(verdict, of: sample, &known, &outcome) {
        try store.recordFailure(
          path: sample.relativePath, reason: failure, hasChanged: known.doubtful[sample.relativePath] != nil,
          run: run)
        Console.error("failed: \(failure)")
        outcome.failed += 1
      }
      progress.update(
        done: outcome.alreadyDone + outcome.audited + outcome.failed,
        detail: outcome.failed > 0 ? "\(outcome.failed) failed" : "")
    }
    if outcome.wasInterrupted {
      try store.interruptRun(run)
    } else {
      outcome.missing = known.missingCount
      try store.finishRun(run)
    }
    return outcome
  }

  /// *Returns*: why the image could not be audited, `nil` if it was.
  private func take(
    _ verdict: ImageJudge.Verdict, of sample: Sample, _ known: inout KnownImages, _ outcome: inout Outcome
  ) throws -> String? {
    let path = sample.relativePath
    switch verdict {
    case .failure(let reason): return reason
    case .doneElsewhere: outcome.alreadyDone += 1
    case .known(let content, let file):
      if known.doubtful[path] == content {
        try store.confirm(path: path, file: file, run: run)
      } else if let former = known.takeFormerPath(content: content) {
        try store.rename(from: former, to: path, file: file, run: run)
        outcome.renamed += 1
      } else {
        // A second copy of a file that is gone: the first has taken its place.
        return try take(judge.judge(sample, known: nil), of: sample, &known, &outcome)
      }
      outcome.alreadyDone += 1
    case .audited(let image):
      try store.record([image], run: run)
      outcome.audited += 1
      if known.doubtful[path] != nil { outcome.changed += 1 }
    }
    return nil
  }
}
