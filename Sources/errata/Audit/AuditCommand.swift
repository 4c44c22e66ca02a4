import ArgumentParser
import AuditStore
import Auditing
import Crypto
import Datasets
import ErrorLocalization
import Foundation

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Label a folder of images, and say for every pixel how probably its label is wrong.",
    discussion: """
      Results go into an SQLite database, one transaction an image. Killed and started again, the audit continues; \
      images that failed are tried again.

      Example:
        errata audit new-images --model run/model.safetensors --database audit.sqlite

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

  @Option(help: "Pixels with at least this error probability form regions.")
  var regionThreshold: Float = 0.5

  @Option(help: "Regions of fewer pixels are dropped.")
  var minimumRegionArea = 16

  func validate() throws {
    guard (0...1).contains(regionThreshold) else {
      throw ValidationError("--region-threshold \(regionThreshold), expected 0 to 1.")
    }
    guard minimumRegionArea > 0 else { throw ValidationError("--minimum-region-area must be at least 1.") }
  }

  func run() throws {
    let folderURL = URL(fileURLWithPath: folder).standardizedFileURL
    let samples = try ImageFolder.list(folderURL)
    let modelURL = URL(fileURLWithPath: model)
    let errorModel = try ErrorModel(contentsOf: modelURL)
    let store = try AuditStore(path: database, access: .readWrite)
    let regions = regionSettings
    let auditRun = try store.beginRun(
      describe(errorModel, modelURL: modelURL, folder: folderURL, regions: regions))
    Interruption.install()
    let outcome = try AuditPipeline(
      store: store, run: auditRun, model: errorModel, regionSettings: regions, folder: folderURL,
      samples: samples
    ).process()
    try report(outcome, store: store, run: auditRun)
  }

  private var regionSettings: RegionSettings {
    var settings = RegionSettings()
    settings.threshold = regionThreshold
    settings.minimumAreaPixels = minimumRegionArea
    return settings
  }

  private func describe(
    _ errorModel: ErrorModel, modelURL: URL, folder: URL, regions: RegionSettings
  ) throws -> AuditRunDescription {
    struct Configuration: Encodable {
      let regions: RegionSettings
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let description = errorModel.description
    return AuditRunDescription(
      name: runName ?? folder.lastPathComponent, folder: folder.path,
      modelPath: modelURL.standardizedFileURL.path,
      modelSHA256: SHA256.hash(data: try Data(contentsOf: modelURL, options: .mappedIfSafe)).hexadecimal,
      configuration: String(decoding: try encoder.encode(Configuration(regions: regions)), as: UTF8.self),
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
