import AuditStore
import Auditing
import Datasets
import ErrorLocalization
import Foundation
import TensorCore

/// Decode → predict → statistics → database, for every image of a folder that is not in the run yet.
///
/// The next images are decoded, and the previous ones summed up and written, while the networks run. A broken image
/// is recorded as failed and the rest goes on.
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
  private let models: JudgingModels
  private let options: ErrorModel.PredictionOptions
  private let calibration: ErrorCalibration?
  private let inputs: AuditInputs
  private let samples: [Sample]
  private let writer: AuditWriter

  init(
    store: AuditStore, run: AuditRun, models: JudgingModels, options: ErrorModel.PredictionOptions,
    calibration: ErrorCalibration?, regionSettings: RegionSettings, inputs: AuditInputs, samples: [Sample]
  ) {
    self.store = store
    self.run = run
    self.models = models
    self.options = options
    self.calibration = calibration
    self.inputs = inputs
    self.samples = samples
    writer = AuditWriter(store: store, run: run, regionSettings: regionSettings)
  }

  func process() throws -> Outcome {
    var known = try KnownImages(samples, run: run, store: store, inputs: inputs)
    let remaining = known.remaining
    var outcome = Outcome(alreadyDone: samples.count - remaining.count)
    let progress = ProgressReporter(total: samples.count, done: outcome.alreadyDone, unit: "images")
    let reader = BatchLoader<ReadImage?>(firstBatch: 0, prefetch: 4, threads: 2) { [known, inputs] index in
      index < remaining.count ? ReadImage(remaining[index], inputs, known) : nil
    }
    defer { reader.stop() }
    for sample in remaining {
      if Interruption.isRequested {
        outcome.wasInterrupted = true
        break
      }
      guard let read = try reader.next() else { break }
      if let failure = try handle(read, sample, &known, &outcome) {
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
    try writer.finish()
    if outcome.wasInterrupted {
      try store.interruptRun(run)
    } else {
      outcome.missing = known.missingCount
      try store.finishRun(run)
    }
    return outcome
  }

  /// *Returns*: why the image could not be audited, `nil` if it was.
  private func handle(
    _ read: ReadImage, _ sample: Sample, _ known: inout KnownImages, _ outcome: inout Outcome
  ) throws -> String? {
    let path = sample.relativePath
    switch read.result {
    case .failure(let reason): return reason
    case .known(let content):
      if known.doubtful[path] == content {
        try store.confirm(path: path, file: read.file, run: run)
      } else if let former = known.takeFormerPath(content: content) {
        try store.rename(from: former, to: path, file: read.file, run: run)
        outcome.renamed += 1
      } else {
        // A second copy of a file that is gone: the first has taken its place.
        return try handle(ReadImage(sample, inputs, nil), sample, &known, &outcome)
      }
      outcome.alreadyDone += 1
    case .image(let input, let content):
      if try store.isAudited(path: path, contentSHA256: content, run: run) {
        // Another process has done it in the meantime.
        outcome.alreadyDone += 1
        return nil
      }
      let prediction = JudgedImage(
        input, model: models.model(forImage: read.file.imageSHA256), options: options,
        calibration: calibration
      ).prediction
      guard prediction.isFinite else { return "\(sample.image.path): the networks' values are not finite" }
      try writer.write(prediction, path: path, contentSHA256: content, file: read.file)
      outcome.audited += 1
      if known.doubtful[path] != nil { outcome.changed += 1 }
    }
    return nil
  }
}
