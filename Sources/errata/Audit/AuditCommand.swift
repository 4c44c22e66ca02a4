import ArgumentParser
import AuditStore
import Auditing
import Datasets
import ErrorLocalization
import Foundation

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Label a folder of images, and say for every pixel how probably its label is wrong.",
    discussion: """
      Results go into an SQLite database, one transaction an image. Killed and started again, the audit continues; \
      images that failed are tried again. Images are known by their content: one that was renamed is not audited \
      again, one that changed is. Images that repeat others, exactly or nearly, are marked; query \
      --without-duplicates leaves them out.

      Labels from another program are judged with --pseudo-labels: class indices (or the classes' colours) as PNG, \
      named like the images; --confidence names a folder of grey PNGs, 255 where that program was certain. Masks that \
      people made are judged with --labels: a network that learned from them would find them right, so the model \
      should be the folds.json of train --folds.

      Examples:
        errata audit new-images --model run/model.safetensors --database audit.sqlite
        errata audit new-images --model run/model.safetensors --database audit.sqlite --pseudo-labels theirs
        errata audit labeled/images --model run/folds.json --database labels.sqlite --labels labeled/masks

      \(ExitStatus.help)
      """)

  @Argument(help: "Folder of images (jpg, jpeg, png), searched with its subfolders.", completion: .directory)
  var folder: String

  @OptionGroup var judging: JudgingOptions

  @Option(
    help: "Folder of masks by people, judged in place of the model's own labels.", completion: .directory)
  var labels: String?

  @Option(help: "With --labels: the mask value of pixels without label (default: as in the training).")
  var ignore: UInt8?

  @Option(help: "The database; made if there is none.", completion: .file())
  var database: String

  @Option(name: .customLong("run"), help: "Name of the run (default: the folder's name).")
  var runName: String?

  @Option(help: "Calibration file (default: model.calibration.json beside the model).", completion: .file())
  var calibration: String?

  @Flag(help: "Take the error probabilities as the networks give them.")
  var uncalibrated = false

  @OptionGroup var regions: RegionOptions

  @Option(
    help: """
      Which per-pixel maps to keep: none, error (error probability), all (also labels, confidence, entropy). Pictures \
      and evaluate need all.
      """)
  var maps = KeptMaps.all

  @Option(
    help: """
      Images that are judged at the same time, each on its share of the cores (default: one a core, at most 4). Each \
      takes memory of its own; the numbers do not depend on it.
      """)
  var imagesAtOnce: Int?

  @Flag(help: "One JSON object at the end.")
  var json = false

  func validate() throws {
    guard calibration == nil || !uncalibrated else {
      throw ValidationError("--calibration and --uncalibrated exclude each other.")
    }
    guard labels == nil || judging.pseudoLabels == nil else {
      throw ValidationError("--labels and --pseudo-labels exclude each other.")
    }
    guard ignore == nil || labels != nil else { throw ValidationError("--ignore needs --labels.") }
    guard (imagesAtOnce ?? 1) > 0 else { throw ValidationError("--images-at-once must be at least 1.") }
  }

  func run() throws {
    // At once: reading a model takes time too.
    Interruption.install()
    let folderURL = URL(fileURLWithPath: folder).standardizedFileURL
    let samples = try ImageFolder.list(folderURL)
    let modelURL = URL(fileURLWithPath: judging.model)
    let models = try JudgingModels(contentsOf: modelURL)
    let errorModel = models.first
    let calibrationFile = try findCalibration(modelURL, modelSHA256: models.sha256)
    let options = try judging.options(
      errorModel, calibration: calibrationFile, fallback: defaultEstimator(errorModel))
    try calibrationFile?.check(
      judging, model: errorModel, judgesForeignLabels: judgesForeignLabels, options: options)
    if calibrationFile == nil && !uncalibrated {
      Console.error(
        "note: no calibration for this model; error probabilities rank, but need not hold as numbers "
          + "(`errata help calibrate`)")
    }
    if let report = calibrationFile?.report, report.regionSettings != regions.settings {
      Console.error(
        "note: regions get no intervals: the calibration "
          + (report.regionSettings == nil
            ? "is of an older version"
            : "found its own by another --region-threshold or --minimum-region-area"))
    }
    let inputs = judging.inputs(
      errorModel, folder: folderURL, labels: labels,
      unlabeledValue: labels.map { _ in ignore ?? errorModel.description.ignoreLabel })
    let store = try AuditStore(path: database, access: .readWrite)
    let configuration = RunConfiguration(
      regions: regions.settings, prediction: options, calibration: calibrationFile?.calibration,
      pseudoLabels: inputs.pseudoLabels?.path, confidence: inputs.confidences?.path)
    let auditRun = try store.beginRun(
      describe(
        errorModel, modelURL: modelURL, modelSHA256: models.sha256, folder: folderURL,
        configuration: configuration))
    let share = CoreShare(imagesAtOnce: imagesAtOnce)
    let judge = ImageJudge(
      store: store, run: auditRun, models: models, options: options,
      calibration: calibrationFile?.calibration, regionSettings: regions.settings, inputs: inputs,
      threadsPerImage: share.threadsPerImage)
    let outcome = try AuditPipeline(judge, samples: samples, imagesAtOnce: share.imagesAtOnce).process()
    try report(outcome, store: store, run: auditRun, calibration: calibrationFile)
  }

  private var judgesForeignLabels: Bool { judging.pseudoLabels != nil || labels != nil }

  /// The mean of ELN and confidence for labels from elsewhere, which ELN alone judges less well.
  private func defaultEstimator(_ errorModel: ErrorModel) -> ErrorEstimator {
    judgesForeignLabels && errorModel.supports(.init(estimator: .mean)) ? .mean : errorModel.defaultEstimator
  }

  private func findCalibration(_ model: URL, modelSHA256: String) throws -> CalibrationFile? {
    guard !uncalibrated else { return nil }
    if let calibration {
      return try CalibrationFile(contentsOf: URL(fileURLWithPath: calibration), modelSHA256: modelSHA256)
    }
    let url = CalibrationFile.defaultURL(ofModel: model)
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let file = try CalibrationFile(contentsOf: url, modelSHA256: modelSHA256)
    guard file.judgesPseudoLabels == judgesForeignLabels,
      file.hasConfidence == (judging.confidence != nil)
    else {
      Console.error("note: \(url.path) was fitted to other labels than those that are judged now; left aside")
      return nil
    }
    return file
  }

  private func describe(
    _ errorModel: ErrorModel, modelURL: URL, modelSHA256: String, folder: URL,
    configuration: RunConfiguration
  ) throws -> AuditRunDescription {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let description = errorModel.description
    return AuditRunDescription(
      name: runName ?? folder.lastPathComponent, folder: folder.path,
      modelPath: modelURL.standardizedFileURL.path,
      modelSHA256: modelSHA256,
      configuration: String(decoding: try encoder.encode(configuration), as: UTF8.self),
      programVersion: Errata.version,
      classes: zip(description.classNames, description.classColors).map {
        AuditClass(name: $0, red: $1[0], green: $1[1], blue: $1[2])
      }, maps: maps)
  }

  private func report(
    _ outcome: AuditPipeline.Outcome, store: AuditStore, run: AuditRun, calibration: CalibrationFile?
  ) throws {
    let summary = try AuditSummary(
      outcome, store: store, run: run, regions: regions.settings, calibration: calibration)
    print(json ? try summary.json() : summary.text)
    if let note = summary.note { Console.error(note) }
    if outcome.wasInterrupted {
      Console.error("interrupted; the same command continues")
      throw ExitStatus.interrupted
    }
    if outcome.failed > 0 { throw ExitStatus.someImagesFailed }
  }
}

extension KeptMaps: ExpressibleByArgument {}
