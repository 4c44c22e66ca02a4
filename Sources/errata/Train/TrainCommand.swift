import ArgumentParser
import Datasets
import ErrorLocalization
import Foundation

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train segmentation and error localisation networks together.",
    discussion: """
      Three stages: supervised; joint with auxiliary decoders and the error localisation network; \
      semi-supervised on the unlabelled images too.

      Example:
        errata train --images labeled/images --masks labeled/masks --unlabeled unlabeled \\
          --classes classes.txt --ignore 255 --preset cpu --output run

      The folder RUN receives model.safetensors, checkpoint.safetensors, log.jsonl (and the same for TensorBoard) and \
      configuration.yaml; with validation images model-best.safetensors too, the model with the best mIoU. \
      Ctrl-C saves and stops; --resume continues to the very same numbers. --dry-run checks images and settings, and \
      says how long the training will take and how much memory it needs.

      \(ExitStatus.help)
      """)

  @OptionGroup var data: TrainingDataOptions

  @Option(
    help:
      "Share of the labelled images that keeps its labels, like 1/8, drawn by --seed; the others are used unlabelled."
  )
  var labelRatio: LabelRatio?

  @OptionGroup var backbone: BackboneOptions

  @OptionGroup var settingsOptions: TrainingSettingsOptions

  @Option(help: "Folder of the run.", completion: .directory)
  var output: String?

  @Flag(help: "Continue the run in the output folder.")
  var resume = false

  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 0

  @Option(
    help: """
      Train this many models, each without a block of the labelled images, and write folds.json: audit and calibrate \
      take it as their model, and judge each image by a network that has not seen it.
      """)
  var folds: Int?

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 100

  // `--dry-run=data` loses its value where another argument follows (swift-argument-parser 1.8.2): with a space.
  @Option(
    name: .customLong("dry-run"), defaultAsFlag: .all,
    help: "Train nothing, check everything; with --dry-run data without trying steps of each stage.")
  var dryRun: DryRun?

  @Flag(help: "With --dry-run: one JSON object.")
  var json = false

  enum DryRun: String, ExpressibleByArgument, CaseIterable {
    case all
    case data
  }

  func validate() throws {
    guard checkpointEvery > 0 else { throw ValidationError("--checkpoint-every must be at least 1.") }
    guard output != nil || dryRun != nil else {
      throw ValidationError("Missing --output DIR, where the run is written to.")
    }
    guard folds.map({ $0 >= 2 }) ?? true else { throw ValidationError("--folds must be at least 2.") }
    guard labelRatio == nil || data.unlabeledSplit == nil else {
      throw ValidationError("--label-ratio says which images are unlabelled: leave out --unlabeled-split.")
    }
    guard !json || dryRun != nil else { throw ValidationError("--json needs --dry-run.") }
  }

  func run() throws {
    let settings = try settingsOptions.settings()
    let data = try loadData(for: settings)
    if dryRun != nil {
      try backbone.check(against: settings.network, classCount: data.labeled.classes.count)
      return try report(settings, data)
    }
    guard let output else { return }
    let folder = URL(fileURLWithPath: output)
    func train(_ data: TrainingData, _ folder: RunFolder) throws -> Bool {
      let session = try TrainingSession(
        settings: settings, seed: seed, data: data, folder: folder, checkpointEvery: checkpointEvery,
        initialize: backbone.load(into:))
      Interruption.install()
      try session.run()
      if !session.wasInterrupted { print(folder.model.path) }
      return session.wasInterrupted
    }
    let wasInterrupted =
      if let folds {
        try FoldedTraining(settings: settings, data: data, folder: folder, count: folds)
          .run(resume: resume, train: train)
      } else {
        try train(data, RunFolder(folder, resume: resume))
      }
    if wasInterrupted { throw ExitStatus.interrupted }
  }

  func loadData(for settings: TrainingConfiguration) throws -> TrainingData {
    var data = try self.data.load()
    if let labelRatio { data = data.keeping(labelRatio, seed: seed) }
    if settings.stages.semiSupervisedSteps > 0 && data.unlabeled == nil {
      throw ValidationError(
        """
        The semi-supervised stage needs --unlabeled DIR, --unlabeled-split FILE or --label-ratio SHARE; without it: \
        --set stages.semiSupervisedSteps=0.
        """)
    }
    return data
  }

  private func report(_ settings: TrainingConfiguration, _ data: TrainingData) throws {
    let dataReport = DataReport(data, batches: BatchRequirements(augmentation: settings.data.augmentation))
    let tries = dryRun == .all && dataReport.problems.isEmpty
    if tries { Console.error("trying a few steps of each stage") }
    let report = DryRunReport(
      data: dataReport,
      training: tries
        ? try Rehearsal(settings, seed: seed, data: data, cacheBytes: dataReport.cacheBytes) : nil)
    print(json ? try report.json() : report.text)
    if !dataReport.problems.isEmpty { throw ExitStatus.someImagesFailed }
  }
}

extension LabelRatio: ExpressibleByArgument {
  /// Reads `1/8` or `0.125`.
  public init?(argument: String) { self.init(argument) }
}
