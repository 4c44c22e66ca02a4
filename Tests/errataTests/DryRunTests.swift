import Foundation
import Imaging
import Testing

@Suite(.timeLimit(.minutes(3))) struct DryRunTests {
  private let training: SmallTraining
  private var folder: TemporaryFolder { training.folder }

  init() throws { training = try SmallTraining() }

  private func dryRun(_ arguments: String...) throws -> CommandRun {
    try CommandRun(["train"] + training.dataArguments + training.validationArguments + arguments)
  }

  @Test func measuresEveryStage() throws {
    let run = try dryRun("--dry-run", "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try JSONSchema(named: "train-dry-run").problems(run.json()) == [])
    let report = try #require(try run.json() as? [String: Any])
    let rehearsal = try #require(report["training"] as? [String: Any])
    let stages = try #require(rehearsal["stages"] as? [[String: Any]])
    #expect(stages.compactMap { $0["stage"] as? String } == ["supervised", "joint", "semi-supervised"])
    #expect(stages.compactMap { $0["steps"] as? Int } == [4, 3, 3])
    var total = 0.0
    for stage in stages {
      let seconds = try #require(stage["secondsPerStep"] as? Double)
      #expect(seconds > 0)
      total += seconds * Double(stage["steps"] as? Int ?? 0)
    }
    // Six validations of four images, two of them of both networks.
    let perImage = try #require(rehearsal["validationSecondsPerImage"] as? Double)
    #expect(abs((rehearsal["trainingSeconds"] as? Double ?? 0) - total - perImage * 8 * 4) < 1e-9)
    #expect(rehearsal["peakBytes"] as? Int ?? 0 > 10_000_000)
    let data = try #require(report["data"] as? [String: Any])
    #expect((data["problems"] as? [String])?.isEmpty == true)
    let classes = try #require(data["classes"] as? [[String: Any]])
    #expect(classes.compactMap { $0["name"] as? String } == ["road", "car", "tree"])
    #expect(abs(classes.reduce(0.0) { $0 + ($1["labeledShare"] as? Double ?? 0) } - 1) < 1e-12)
    // Edges of 10, 15, 20 and 25 of 48 columns.
    #expect(abs((classes[0]["labeledShare"] as? Double ?? 0) - 17.5 / 48) < 1e-12)
    #expect(classes.compactMap { $0["labeledImages"] as? Int } == [4, 4, 4])
    #expect(!FileManager.default.fileExists(atPath: folder.path("run")))
  }

  @Test func aLabelRatioMovesImagesToTheUnlabelled() throws {
    let run = try dryRun("--dry-run", "data", "--json", "--label-ratio", "1/4")
    #expect(run.status == 0, "\(run.errors)")
    let report = try #require(try run.json() as? [String: Any])
    #expect(report["training"] == nil)
    let data = try #require(report["data"] as? [String: Any])
    let parts = try #require(data["parts"] as? [[String: Any]])
    #expect(parts.compactMap { $0["imageCount"] as? Int } == [1, 4 + 3, 4])
    #expect(parts.compactMap { $0["labeledCount"] as? Int } == [1, 0, 4])
    let both = try dryRun("--dry-run", "data", "--label-ratio", "1/4", "--unlabeled-split", "names.txt")
    #expect(both.status == 64 && both.errors.contains("--unlabeled-split"))
  }

  @Test func namesWhatIsWrong() throws {
    try folder.write("no picture", to: "images/0.png")
    try AtomicFile.write(
      PNGEncoder.encode(grey: [UInt8](repeating: 9, count: 48 * 40), width: 48, height: 40),
      to: folder.url("masks/1.png"))
    try AtomicFile.write(
      PNGEncoder.encode(grey: [UInt8](repeating: 1, count: 40 * 48), width: 40, height: 48),
      to: folder.url("masks/2.png"))
    try AtomicFile.write(
      PNGEncoder.encode(grey: [UInt8](repeating: 0, count: 48 * 40), width: 48, height: 40),
      to: folder.url("masks/3.png"))
    let run = try dryRun("--dry-run")
    #expect(run.status == 2)
    #expect(run.output.contains("A training would stop at these 3:"))
    #expect(run.output.contains("labelled: \(folder.path("images/0.png")): expected a PNG or JPEG image"))
    #expect(
      run.output.contains(
        "labelled: \(folder.path("masks/1.png")): value 9 is no class and not ignored, 1920"))
    #expect(
      run.output.contains(
        "labelled: \(folder.path("masks/2.png")): the mask has 40×48 pixels, its image 48×40"))
    #expect(run.output.contains("labelled: no pixel of class 'car'"))
    #expect(!run.output.contains("seconds a step"))
    let machine = try dryRun("--dry-run", "--json")
    #expect(machine.status == 2)
    #expect(try JSONSchema(named: "train-dry-run").problems(machine.json()) == [])
    let report = try #require(try machine.json() as? [String: Any])
    let data = try #require(report["data"] as? [String: Any])
    #expect((data["problems"] as? [String])?.count == 3 && report["training"] == nil)
  }

  @Test func seesATurnedImageWhoseMaskIsNot() throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let image = fixtures.appending(path: "Fixtures/Imaging/orientation-6.jpg")
    try FileManager.default.copyItem(at: image, to: folder.url("images/turned.jpg"))
    let size = try ImageFile.size(at: image)
    try AtomicFile.write(
      PNGEncoder.encode(
        grey: [UInt8](repeating: 0, count: size.width * size.height), width: size.height, height: size.width),
      to: folder.url("masks/turned.png"))
    let run = try dryRun("--dry-run", "data")
    #expect(run.status == 2)
    #expect(
      run.output.contains(
        "masks/turned.png: fits \(folder.path("images/turned.jpg")) as it is stored, "
          + "\(size.height)×\(size.width), but its EXIF orientation, 6, turns the image to "
          + "\(size.width)×\(size.height)"))
    #expect(run.output.contains("1 image is turned or mirrored by EXIF orientation"))
  }

  @Test func sizesThatDoNotFitOneBatch() throws {
    try training.write("unlabeled/large", mask: nil, edge: 20, width: 64, height: 64)
    try training.write("unlabeled/small", mask: nil, edge: 20, width: 24, height: 24)
    let cropped = try dryRun("--dry-run", "data")
    #expect(cropped.status == 0)
    #expect(cropped.output.contains("unlabelled: 1 of 6 images are smaller than the crop, 32×32"))
    let whole = try dryRun("--dry-run", "data", "--set", "data.augmentation={cropHeight: 0, cropWidth: 0}")
    #expect(whole.status == 2)
    #expect(whole.output.contains("unlabelled: images of 3 sizes; a batch needs one"))
  }

  @Test func validationOnTrainingImagesIsMentioned() throws {
    let run = try CommandRun(
      ["train"] + training.dataArguments + [
        "--dry-run", "data", "--validation-images", folder.path("images"), "--validation-masks",
        folder.path("masks"),
      ])
    #expect(run.status == 0)
    #expect(run.output.contains("validation: 4 of its images are labelled images too"))
    let alone = try CommandRun(["train"] + training.dataArguments + ["--dry-run", "data", "--json"])
    #expect(try JSONSchema(named: "train-dry-run").problems(alone.json()) == [])
  }
}
