import Foundation
import Imaging
import NeuralNetwork
import Testing

/// `errata import` and `errata predict` on the small checkpoint of `Tests/Fixtures/Import`.
@Suite(.timeLimit(.minutes(3))) struct ImportCommandTests {
  private let folder: TemporaryFolder
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Fixtures/Import").standardizedFileURL
  private static let checkpoint = fixtures.appendingPathComponent("small.pth").path

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("a\nb\nc\nd\nümlaut\n", to: "classes.txt")
  }

  private func importCheckpoint(_ more: String...) throws -> CommandRun {
    try CommandRun(
      ["import", "--from", "ssl-eln", Self.checkpoint, "--output", folder.path("model.safetensors")] + more)
  }

  @Test func aCheckpointBecomesAModelThatPredictsAndAudits() throws {
    let imported = try importCheckpoint("--classes", folder.path("classes.txt"))
    #expect(imported.status == 0 && imported.errors.isEmpty, "\(imported.errors)")
    #expect(imported.output.hasPrefix(folder.path("model.safetensors") + ": ResNet-50 of width 2, ELN on "))
    let expected = try SafetensorsFile(
      contentsOf: Self.fixtures.appendingPathComponent("small_scores.safetensors"))
    let pixels = try expected.tensor("pixels")
    let image = RGBImage(
      width: pixels.shape[1], height: pixels.shape[0], pixels: pixels.values.map { UInt8($0) })
    try AtomicFile.write(PNGEncoder.encode(image), to: folder.url("images/street.png"))
    let run = try CommandRun(
      "predict", folder.path("images/street.png"), "--model", folder.path("model.safetensors"), "--output",
      folder.path("scores.safetensors"))
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(
      run.output == folder.path("scores.safetensors")
        + ": logits [1, 18, 24, 5], eln_logits [1, 18, 24, 1]\n")
    let scores = try SafetensorsFile(contentsOf: folder.url("scores.safetensors"))
    #expect(scores.metadata["image"] == "street.png" && scores.metadata["image_width"] == "94")
    let names = try JSONDecoder().decode(
      [String].self, from: Data((scores.metadata["class_names"] ?? "").utf8))
    #expect(names == ["a", "b", "c", "d", "ümlaut"])
    for name in ["logits", "eln_logits"] {
      let (found, truth) = (try scores.tensor(name), try expected.tensor(name))
      #expect(found.shape == truth.shape)
      let scale = truth.values.map(abs).max() ?? 0
      #expect(zip(found.values, truth.values).allSatisfy { abs($0 - $1) < 1e-4 * scale }, "\(name)")
    }
    let audit = try CommandRun(
      "audit", folder.path("images"), "--model", folder.path("model.safetensors"), "--database",
      folder.path("audit.sqlite"))
    #expect(audit.status == 0 && audit.output.hasPrefix("run 'images': 1 images"), "\(audit.errors)")
  }

  @Test func aBackboneIsTakenOverAndTrainedFrom() throws {
    let backbone = folder.path("backbone.safetensors")
    let imported = try CommandRun(
      "import", "--from", "torchvision", Self.checkpoint, "--prefix", "enc_state_dict.backbone.",
      "--output", backbone)
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(
      imported.output
        == "\(backbone): ResNet-50 of width 2, 265 tensors from 'enc_state_dict.backbone.'\n")
    #expect(
      try CommandRun(
        "synthesize", folder.path("scenes"), "--labeled", "2", "--unlabeled", "0", "--audit", "0", "--width",
        "48", "--height", "48"
      ).status == 0)
    let train = [
      "train", "--images", folder.path("scenes/labeled/images"), "--masks",
      folder.path("scenes/labeled/masks"), "--classes", folder.path("scenes/classes.txt"), "--preset", "tiny",
      "--backbone-weights", backbone, "--output", folder.path("run"),
    ]
    let small = [
      "network.encoder.depth=50", "network.encoder.width=2", "network.errorLocalization.depth=50",
      "network.errorLocalization.width=2", "stages.supervisedSteps=0", "stages.jointSteps=1",
      "stages.semiSupervisedSteps=0", "data.labeledBatchSize=2", "optimizer.learningRate=1e-30",
      "optimizer.weightDecay=0", "data.augmentation.cropHeight=0", "data.augmentation.cropWidth=0",
    ].flatMap { ["--set", $0] }
    let refused = try CommandRun(train + ["--set", "stages.semiSupervisedSteps=0"])
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("holds a ResNet-50 of width 2, but the encoder is a ResNet-18 of width 16"))
    let tried = try CommandRun(train + small + ["--dry-run", "data"])
    #expect(tried.errors.contains("265 tensors into the encoder\n"), "\(tried.errors)")
    let run = try CommandRun(train + small)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("\(backbone): ResNet-50 of width 2, 265 tensors into the encoder\n"))
    #expect(run.errors.contains("264 tensors into the ELN's backbone; random stay: conv1.weight\n"))
    let model = try SafetensorsFile(contentsOf: folder.url("run/model.safetensors"))
    let path = "layer3.2.conv2.weight"
    let weights = try SafetensorsFile(contentsOf: URL(fileURLWithPath: backbone)).tensor(path).values
    #expect(try model.tensor("segmentation.encoder." + path).values == weights)
    #expect(try model.tensor("eln.backbone." + path).values == weights)
  }

  @Test func failuresSayWhy() throws {
    let missing = try importCheckpoint("--classes", folder.path("none.txt"))
    #expect(missing.status == 1 && missing.errors.contains(folder.path("none.txt")))
    try folder.write("a\nb\n", to: "two.txt")
    let other = try importCheckpoint("--classes", folder.path("two.txt"))
    #expect(other.status == 1 && other.errors.contains("scores for 5 classes, but the class list names 2"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("model.safetensors")))
    let nothing = try CommandRun(
      "predict", folder.path("none.png"), "--model", "x", "--output", folder.path("y"))
    #expect(nothing.status == 1 && nothing.errors.contains(folder.path("none.png")))
  }

  @Test(arguments: [
    (["--from", "ssl-eln"], "--from ssl-eln needs --classes FILE"),
    (["--from", "ssl-eln", "--classes", "x", "--prefix", "y"], "--prefix goes with --from torchvision"),
    (["--from", "torchvision", "--classes", "x"], "go with --from ssl-eln"),
    (["--from", "ssl-eln", "--classes", "x", "--input-size", "505"], "--input-size"),
    (["--from", "keras"], "ssl-eln"),
  ]) func wrongUsage(arguments: [String], text: String) throws {
    let run = try CommandRun(["import", "file.pth", "--output", folder.path("out")] + arguments)
    #expect(run.status == 64 && run.output.isEmpty)
    #expect(run.errors.contains(text), "\(run.errors)")
  }
}
