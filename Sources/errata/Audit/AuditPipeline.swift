import AuditStore
import Auditing
import Crypto
import Datasets
import ErrorLocalization
import Foundation
import Imaging
import Synchronization
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
    var wasInterrupted = false
  }

  /// A read image, or why it could not be.
  private enum Input: Sendable {
    case image(RGBImage, sha256: String)
    case failure(String)
  }

  private let store: AuditStore
  private let run: AuditRun
  private let model: ErrorModel
  private let regionSettings: RegionSettings
  private let folder: URL
  private let samples: [Sample]

  init(
    store: AuditStore, run: AuditRun, model: ErrorModel, regionSettings: RegionSettings, folder: URL,
    samples: [Sample]
  ) {
    self.store = store
    self.run = run
    self.model = model
    self.regionSettings = regionSettings
    self.folder = folder
    self.samples = samples
  }

  func process() throws -> Outcome {
    let done = try store.auditedPaths(run)
    let remaining = samples.filter { !done.contains(relativePath($0)) }
    var outcome = Outcome(alreadyDone: samples.count - remaining.count)
    let progress = ProgressReporter(total: samples.count, done: outcome.alreadyDone, unit: "images")
    let reader = BatchLoader<Input>(firstBatch: 0, prefetch: 4, threads: 2) { index in
      index < remaining.count ? Self.read(remaining[index].image) : .failure("")
    }
    defer { reader.stop() }
    let writer = AuditWriter(store: store, run: run, regionSettings: regionSettings)
    for sample in remaining {
      if Interruption.isRequested {
        outcome.wasInterrupted = true
        break
      }
      let path = relativePath(sample)
      var failure: String?
      switch try reader.next() {
      case .image(let image, let sha256):
        let prediction = Self.pixelPrediction(model.predict(image))
        if prediction.isFinite {
          try writer.write(prediction, path: path, contentSHA256: sha256)
        } else {
          failure = "\(sample.image.path): the networks' values are not finite"
        }
      case .failure(let reason): failure = reason
      }
      if let failure {
        try store.recordFailure(path: path, reason: failure, run: run)
        Console.error("failed: \(failure)")
        outcome.failed += 1
      } else {
        outcome.audited += 1
      }
      progress.update(
        done: outcome.alreadyDone + outcome.audited + outcome.failed,
        detail: outcome.failed > 0 ? "\(outcome.failed) failed" : "")
    }
    try writer.finish()
    if !outcome.wasInterrupted { try store.finishRun(run) }
    return outcome
  }

  private func relativePath(_ sample: Sample) -> String { sample.name + "." + sample.image.pathExtension }

  private static func read(_ url: URL) -> Input {
    do {
      let bytes = try Data(contentsOf: url)
      let image = try ImageFile.decode([UInt8](bytes), name: url.path)
      return .image(image, sha256: SHA256.hash(data: bytes).hexadecimal)
    } catch let error as ImageError {
      return .failure(error.description)
    } catch {
      return .failure("\(url.path): cannot be read: \(error.localizedDescription)")
    }
  }

  private static func pixelPrediction(_ prediction: ErrorModel.Prediction) -> PixelPrediction {
    let statistics = prediction.statistics
    let shape = statistics.labels.shape
    return PixelPrediction(
      width: shape[2], height: shape[1], classCount: prediction.classCount, labels: statistics.labels.labels,
      errorProbability: prediction.errorProbability.values, confidence: statistics.confidence.values,
      entropy: statistics.entropy.values)
  }
}

/// Sums up and writes predictions on a thread of its own, a few behind the networks.
private final class AuditWriter: Sendable {
  private let store: AuditStore
  private let run: AuditRun
  private let regionSettings: RegionSettings
  private let queue = DispatchQueue(label: "errata.audit-writer")
  private let slots = DispatchSemaphore(value: 2)
  private let failure = Mutex<(any Error)?>(nil)

  init(store: AuditStore, run: AuditRun, regionSettings: RegionSettings) {
    self.store = store
    self.run = run
    self.regionSettings = regionSettings
  }

  /// Waits while two predictions are under way already.
  ///
  /// - Throws: what went wrong with an earlier one.
  func write(_ prediction: PixelPrediction, path: String, contentSHA256: String) throws {
    try rethrow()
    // Nothing may throw from here on: a semaphore that goes while a slot is taken ends the program.
    slots.wait()
    queue.async { [self] in
      defer { slots.signal() }
      do {
        try store.record(
          ImageAudit(prediction, regions: regionSettings), path: path, contentSHA256: contentSHA256, run: run)
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
  }

  /// Waits for what is under way.
  func finish() throws {
    queue.sync {}
    try rethrow()
  }

  private func rethrow() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }
}

extension Digest {
  var hexadecimal: String { map { String(format: "%02x", $0) }.joined() }
}
