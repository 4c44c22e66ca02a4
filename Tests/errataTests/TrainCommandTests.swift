import ErrorLocalization
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct TrainCommandTests {
  private let training: SmallTraining
  private var folder: TemporaryFolder { training.folder }

  init() throws { training = try SmallTraining() }

  @Test func aTrainingLeavesItsFiles() throws {
    let run = try CommandRun(training.arguments())
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == folder.path("run/model.safetensors") + "\n")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("run"))
    for name in ["model", "model-joint", "model-best", "checkpoint"] {
      #expect(files.contains("\(name).safetensors"))
    }
    #expect(files.filter { $0.hasPrefix("events.out.tfevents.") }.count == 1)
    let lines = try training.log()
    #expect(lines.compactMap { $0["supervised"] }.count == 10)
    // Every third step, and the end of each stage.
    let validations = lines.filter { $0["networks"] != nil }
    #expect(validations.compactMap { $0["step"] as? Int } == [3, 4, 6, 7, 9, 10])
    let networks = validations.compactMap { ($0["networks"] as? [String: Any])?.keys.sorted() }
    #expect(networks.prefix(4).allSatisfy { $0 == ["student"] })
    #expect(networks.suffix(2).allSatisfy { $0 == ["student", "teacher"] })
    for label in ["road", "car", "tree"] { #expect(run.errors.contains("\n    \(label) ")) }
    #expect(run.errors.contains("the best mIoU so far"))
    // All settings of the run can be given again.
    let again = try CommandRun(
      ["train", "--dry-run", "data", "--config", folder.path("run/configuration.yaml")]
        + training.dataArguments.filter { $0 != "--config" && $0 != folder.path("settings.yaml") })
    #expect(again.status == 0, "\(again.errors)")
  }

  /// ELN has learned nothing then, and must not be asked.
  @Test func supervisedTrainingLeavesNoErrorLocalization() throws {
    let stages = ["--set", "stages.jointSteps=0", "--set", "stages.semiSupervisedSteps=0"]
    #expect(try CommandRun(training.arguments() + stages).status == 0)
    let audit = ["audit", folder.path("validation"), "--model", folder.path("run/model.safetensors")]
    let own = try CommandRun(audit + ["--database", folder.path("own.sqlite")])
    #expect(own.status == 0, "\(own.errors)")
    let confidence = try CommandRun(
      audit + ["--estimator", "confidence", "--database", folder.path("confidence.sqlite")])
    #expect(own.output == confidence.output)
    let network = try CommandRun(audit + ["--estimator", "eln", "--database", folder.path("eln.sqlite")])
    #expect(network.status != 0)
  }

  /// The best model is the one that an audit of the validation images confirms.
  @Test func validationMeasuresWhatAnAuditDoes() throws {
    #expect(try CommandRun(training.arguments()).status == 0)
    let last = try #require(try training.log().last { $0["networks"] != nil })
    let networks = try #require(last["networks"] as? [String: [String: Any]])
    let found = try #require(networks["teacher"]?["meanIntersectionOverUnion"] as? Double)
    #expect(
      try CommandRun(
        "audit", folder.path("validation"), "--model", folder.path("run/model.safetensors"), "--database",
        folder.path("audit.sqlite")
      ).status == 0)
    let evaluation = try CommandRun(
      "evaluate", "--database", folder.path("audit.sqlite"), "--masks", folder.path("validation-masks"),
      "--json"
    ).json()
    let segmentation = try #require((evaluation as? [String: Any])?["segmentation"] as? [String: Any])
    #expect(segmentation["meanIntersectionOverUnion"] as? Double == found)
  }

  @Test func validationChangesNoNumber() throws {
    #expect(try CommandRun(training.arguments()).status == 0)
    let bare = ["train"] + training.dataArguments + ["--output", folder.path("bare")]
    #expect(try CommandRun(bare).status == 0)
    #expect(try training.data("run/model.safetensors") == training.data("bare/model.safetensors"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("bare/model-best.safetensors")))
  }

  /// Killed without warning, interrupted, and resumed: the very same numbers, validations and best model included.
  @Test func resumedTrainingsAreTheSame() throws {
    let extra = [
      "--set", "optimizer.schedule=polynomial", "--set", "optimizer.maximumGradientNorm=1", "--set",
      "stages={supervisedSteps: 8, jointSteps: 6, semiSupervisedSteps: 6}",
    ]
    #expect(try CommandRun(training.arguments(extra, output: "whole")).status == 0)
    let killed = try RunningCommand(training.arguments(extra + ["--checkpoint-every", "2"]))
    try wait(for: killed, lines: 9)
    kill(killed.process.processIdentifier, SIGKILL)
    #expect(try killed.finish().status == -SIGKILL)
    let interrupted = try RunningCommand(training.arguments(extra + ["--resume", "--checkpoint-every", "2"]))
    try wait(for: interrupted, lines: 17)
    kill(interrupted.process.processIdentifier, SIGINT)
    let stopped = try interrupted.finish()
    #expect(stopped.status == 130, "\(stopped.errors)")
    #expect(stopped.errors.contains("continue with --resume"))
    let resumed = try CommandRun(training.arguments(extra + ["--resume"]))
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try training.numbers() == training.numbers("whole"))
    for name in ["model", "model-joint", "model-best"] {
      let path = "\(name).safetensors"
      #expect(try training.data("run/\(path)") == training.data("whole/\(path)"), "\(name)")
    }
  }

  @Test func aFolderIsOneTrainings() throws {
    let first = try RunningCommand(training.arguments(["--set", "stages.supervisedSteps=2000"]))
    try wait(for: first, lines: 1)
    let second = try CommandRun(training.arguments())
    #expect(second.status == 1)
    #expect(second.errors == "Error: \(folder.path("run")): another training is at work in this folder\n")
    kill(first.process.processIdentifier, SIGINT)
    #expect(try first.finish().status == 130)
    let third = try CommandRun(training.arguments())
    #expect(third.status == 1 && third.errors.contains("holds a training already; add --resume"))
  }

  /// Until the log has so many lines.
  private func wait(for command: RunningCommand, lines: Int) throws {
    while command.process.isRunning {
      let text = (try? String(contentsOf: folder.url("run/log.jsonl"), encoding: .utf8)) ?? ""
      if text.count(where: { $0 == "\n" }) >= lines { return }
      usleep(5000)
    }
  }
}
