import ArgumentParser
import AuditStore
import Auditing
import Crypto
import Datasets
import ErrorLocalization
import Foundation
import Imaging

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Label a folder of images, and say for every pixel how probably its label is wrong.",
    discussion: """
      Results go into an SQLite database, one transaction an image. Killed and started again, the audit continues; \
      images that failed are tried again.

      Labels from another program are judged with --pseudo-labels: class indices (or the classes' colours) as PNG, \
      named like the images; --confidence names a folder of grey PNGs, 255 where that program was certain.

      Examples:
        errata audit new-images --model run/model.safetensors --database audit.sqlite
        errata audit new-images --model run/model.safetensors --database audit.sqlite --pseudo-labels theirs

      \(ExitStatus.help)
      """)

  @Argument(help: "Folder of images (jpg, jpeg, png), searched with its subfolders.", completion: .directory)
  var folder: String

  @Option(help: "The trained model.", completion: .file(extensions: ["safetensors"]))
  var model: String

  @Option(help: "The database; made if there is none.", completion: .file())
  var database: String

  @Option(name: .customLong("run"), help: "Name of the run (default: the folder's name).")
  var runName: String?

  @Option(
    help: "Folder of label maps from elsewhere, judged in place of the model's own.", completion: .directory)
  var pseudoLabels: String?

  @Option(help: "Folder of the other program's confidence in its labels.", completion: .directory)
  var confidence: String?

  @Option(help: "Where the error probability comes from (default: eln, if the model has one).")
  var estimator: ErrorEstimator?

  @Flag(help: "Average over each image and its mirror image; takes twice the time.")
  var flip = false

  @Option(help: "Pixels with at least this error probability form regions.")
  var regionThreshold: Float = 0.5

  @Option(help: "Regions of fewer pixels are dropped.")
  var minimumRegionArea = 16

  func validate() throws {
    guard (0...1).contains(regionThreshold) else {
      throw ValidationError("--region-threshold \(regionThreshold), expected 0 to 1.")
    }
    guard confidence == nil || pseudoLabels != nil else {
      throw ValidationError("--confidence needs --pseudo-labels.")
    }
    guard minimumRegionArea > 0 else { throw ValidationError("--minimum-region-area must be at least 1.") }
  }

  func run() throws {
    let folderURL = URL(fileURLWithPath: folder).standardizedFileURL
    let samples = try ImageFolder.list(folderURL)
    let modelURL = URL(fileURLWithPath: model)
    let errorModel = try ErrorModel(contentsOf: modelURL)
    var options = ErrorModel.PredictionOptions(estimator: estimator ?? defaultEstimator(errorModel))
    options.usesFlip = flip
    guard errorModel.supports(options.estimator) else {
      throw ValidationError(
        "--estimator \(options.estimator.rawValue): \(model) does not hold the networks for it.")
    }
    let inputs = auditInputs(errorModel, folder: folderURL)
    let store = try AuditStore(path: database, access: .readWrite)
    let configuration = RunConfiguration(
      regions: regionSettings, prediction: options, pseudoLabels: inputs.pseudoLabels?.path,
      confidence: inputs.confidences?.path)
    let auditRun = try store.beginRun(
      describe(errorModel, modelURL: modelURL, folder: folderURL, configuration: configuration))
    Interruption.install()
    let outcome = try AuditPipeline(
      store: store, run: auditRun, model: errorModel, options: options, regionSettings: regionSettings,
      inputs: inputs, samples: samples
    ).process()
    try report(outcome, store: store, run: auditRun)
  }

  private var regionSettings: RegionSettings {
    var settings = RegionSettings()
    settings.threshold = regionThreshold
    settings.minimumAreaPixels = minimumRegionArea
    return settings
  }

  /// What decides the numbers of a run besides the model: a run is continued under the same only.
  private struct RunConfiguration: Encodable {
    let regions: RegionSettings
    let prediction: ErrorModel.PredictionOptions
    let pseudoLabels: String?
    let confidence: String?
  }

  /// The mean of ELN and confidence for labels from elsewhere, which ELN alone judges less well.
  private func defaultEstimator(_ errorModel: ErrorModel) -> ErrorEstimator {
    pseudoLabels != nil && errorModel.supports(.mean) ? .mean : errorModel.defaultEstimator
  }

  private func auditInputs(_ errorModel: ErrorModel, folder: URL) -> AuditInputs {
    func directory(_ path: String) -> URL {
      URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
    }
    return AuditInputs(
      folder: folder, pseudoLabels: pseudoLabels.map(directory), confidences: confidence.map(directory),
      classCount: errorModel.description.classNames.count,
      colors: ColorTable(
        errorModel.description.classColors.map { RGBColor(red: $0[0], green: $0[1], blue: $0[2]) }))
  }

  private func describe(
    _ errorModel: ErrorModel, modelURL: URL, folder: URL, configuration: RunConfiguration
  ) throws -> AuditRunDescription {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let description = errorModel.description
    return AuditRunDescription(
      name: runName ?? folder.lastPathComponent, folder: folder.path,
      modelPath: modelURL.standardizedFileURL.path,
      modelSHA256: SHA256.hash(data: try Data(contentsOf: modelURL, options: .mappedIfSafe)).hexadecimal,
      configuration: String(decoding: try encoder.encode(configuration), as: UTF8.self),
      programVersion: Errata.version,
      classes: zip(description.classNames, description.classColors).map {
        AuditClass(name: $0, red: $1[0], green: $1[1], blue: $1[2])
      })
  }

  private func report(_ outcome: AuditPipeline.Outcome, store: AuditStore, run: AuditRun) throws {
    let totals = try store.totals(run)
    var line = "run '\(run.description.name)': \(totals.imageCount) images"
    if outcome.alreadyDone > 0 { line += " (\(outcome.alreadyDone) from before)" }
    if totals.imageCount > 0 {
      line += String(format: ", expected error rate %.2f %%", totals.expectedErrorRate * 100)
    }
    if totals.failedCount > 0 { line += ", \(totals.failedCount) failed" }
    print(line)
    if outcome.wasInterrupted {
      Console.error("interrupted; the same command continues")
      throw ExitStatus.interrupted
    }
    if outcome.failed > 0 { throw ExitStatus.someImagesFailed }
  }
}

extension ErrorEstimator: ExpressibleByArgument {}
