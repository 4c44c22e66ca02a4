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
    var wasInterrupted = false
  }

  /// A read image, or why it could not be.
  private enum Input: Sendable {
    case image(AuditInput)
    case failure(String)
  }

  private let store: AuditStore
  private let run: AuditRun
  private let model: ErrorModel
  private let options: ErrorModel.PredictionOptions
  private let calibration: ErrorCalibration?
  private let regionSettings: RegionSettings
  private let inputs: AuditInputs
  private let samples: [Sample]

  init(
    store: AuditStore, run: AuditRun, model: ErrorModel, options: ErrorModel.PredictionOptions,
    calibration: ErrorCalibration?, regionSettings: RegionSettings, inputs: AuditInputs, samples: [Sample]
  ) {
    self.store = store
    self.run = run
    self.model = model
    self.options = options
    self.calibration = calibration
    self.regionSettings = regionSettings
    self.inputs = inputs
    self.samples = samples
  }

  func process() throws -> Outcome {
    let done = try store.auditedPaths(run)
    let remaining = samples.filter { !done.contains(relativePath($0)) }
    var outcome = Outcome(alreadyDone: samples.count - remaining.count)
    let progress = ProgressReporter(total: samples.count, done: outcome.alreadyDone, unit: "images")
    let reader = BatchLoader<Input>(firstBatch: 0, prefetch: 4, threads: 2) { [inputs] index in
      index < remaining.count ? Self.read(remaining[index], inputs) : .failure("")
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
      case .image(let input):
        let prediction = JudgedImage(
          input, model: model, options: options, calibration: calibration
        ).prediction
        if prediction.isFinite {
          try writer.write(prediction, path: path, contentSHA256: input.sha256)
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

  private static func read(_ sample: Sample, _ inputs: AuditInputs) -> Input {
    do {
      return .image(try inputs.read(sample))
    } catch let error as any CustomStringConvertible {
      return .failure(error.description)
    } catch {
      return .failure("\(sample.image.path): cannot be read: \(error.localizedDescription)")
    }
  }
}
