import ArgumentParser
import Foundation
import TensorCore

@main
struct Errata: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "errata",
    abstract: "Finds the pixels where a pseudo-label is wrong, before a person has to.",
    discussion: """
      The usual way: train on a few labelled and many unlabelled images, audit a folder, look at the ranking.

        errata train --images labeled/images --masks labeled/masks --unlabeled unlabeled \\
          --classes classes.txt --ignore 255 --output run
        errata audit new-images --model run/model.safetensors --database audit.sqlite
        errata query --database audit.sqlite --top 20

      \(ExitStatus.help)
      """,
    version: version,
    subcommands: [
      TrainCommand.self, ExperimentCommand.self, QuantizeCommand.self, CalibrateCommand.self,
      AuditCommand.self, QueryCommand.self, SimulateCommand.self, CompareCommand.self, SQLCommand.self,
      AcceptCommand.self, EvaluateCommand.self, ExportCommand.self, ReportCommand.self, ImportCommand.self,
      PredictCommand.self,
      SynthesizeCommand.self,
    ])

  /// Restarts once if the numeric libraries need it, then runs the command.
  static func main() {
    MathRuntime.restartIfNeeded(environment: ProcessInfo.processInfo.environment)
    main(nil)
  }
}
