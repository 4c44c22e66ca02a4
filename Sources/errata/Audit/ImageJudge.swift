import AuditStore
import Auditing
import Datasets
import ErrorLocalization
import TensorCore

/// From an image's files to what the database will hold of it. Images do not depend on each other: any thread can judge
/// any image.
struct ImageJudge: Sendable {
  let store: AuditStore
  let run: AuditRun
  let models: JudgingModels
  let options: ErrorModel.PredictionOptions
  let calibration: ErrorCalibration?
  let regionSettings: RegionSettings
  let inputs: AuditInputs
  /// Cores that the networks use for one image.
  let threadsPerImage: Int

  enum Verdict: Sendable {
    /// To be written.
    case audited(NewImage)
    /// The run holds this content already, under this path or another.
    case known(contentSHA256: String, FileIdentity)
    /// Another process has audited the image in the meantime.
    case doneElsewhere
    /// Why the image could not be audited.
    case failure(String)
  }

  /// - Parameter known: what need not be audited again; `nil` to audit in any case.
  /// - Throws: what is wrong with the database.
  func judge(_ sample: Sample, known: KnownImages?) throws -> Verdict {
    let read = ReadImage(sample, inputs, known)
    switch read.result {
    case .failure(let reason): return .failure(reason)
    case .known(let content): return .known(contentSHA256: content, read.file)
    case .image(let input, let content):
      let path = sample.relativePath
      guard try !store.isAudited(path: path, contentSHA256: content, run: run) else { return .doneElsewhere }
      let prediction = MathRuntime.onThreads(threadsPerImage) {
        JudgedImage(
          input, model: models.model(forImage: read.file.imageSHA256), options: options,
          calibration: calibration
        ).prediction
      }
      guard prediction.isFinite else {
        return .failure("\(sample.image.path): the networks' values are not finite")
      }
      var image = NewImage(
        audit: ImageAudit(prediction, regions: regionSettings), path: path, contentSHA256: content,
        file: read.file)
      image.pack(for: run)
      return .audited(image)
    }
  }
}
