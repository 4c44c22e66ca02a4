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

      The folder RUN receives model.safetensors, checkpoint.safetensors, log.jsonl and configuration.yaml. \
      Ctrl-C saves and stops; --resume continues to the very same numbers.

      \(ExitStatus.help)
      """)

  @OptionGroup var data: TrainingDataOptions

  @OptionGroup var backbone: BackboneOptions

  @Option(help: "Starting point: \(Preset.allCases.map(\.rawValue).joined(separator: ", ")).")
  var preset = "cpu"

  @Option(help: "YAML file with settings that differ from the preset's.", completion: .file())
  var config: String?

  @Option(name: .customLong("set"), help: "One more setting, as key.path=value; may be repeated.")
  var overrides: [String] = []

  @Option(
    help: "What filters the pseudo-labels: \(Corrector.allCases.map(\.rawValue).joined(separator: ", ")).")
  var corrector: Corrector?

  @Option(help: "Folder of the run.", completion: .directory)
  var output: String

  @Flag(help: "Continue the run in the output folder.")
  var resume = false

  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 0

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 100

  func validate() throws {
    guard Preset(rawValue: preset) != nil else {
      let known = Preset.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("Unknown --preset '\(preset)'; known are: \(known).")
    }
    guard checkpointEvery > 0 else { throw ValidationError("--checkpoint-every must be at least 1.") }
  }

  func run() throws {
    guard let preset = Preset(rawValue: preset) else { return }
    var settings = try ConfigurationFile.apply(
      config.map { URL(fileURLWithPath: $0) }, overrides: overrides, to: preset.configuration)
    if let corrector { settings.network.corrector = corrector }
    let (labeled, unlabeled) = try data.load()
    if settings.stages.semiSupervisedSteps > 0 && unlabeled == nil {
      throw ValidationError(
        "The semi-supervised stage needs --unlabeled DIR; without it: --set stages.semiSupervisedSteps=0.")
    }
    let folder = try RunFolder(URL(fileURLWithPath: output), resume: resume)
    let session = try TrainingSession(
      settings: settings, seed: seed, labeled: labeled, unlabeled: unlabeled, folder: folder,
      checkpointEvery: checkpointEvery, initialize: backbone.load(into:))
    Interruption.install()
    try session.run()
    if session.wasInterrupted { throw ExitStatus.interrupted }
  }
}

extension Corrector: ExpressibleByArgument {}
