import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct SimulateTests {
  private let training: SmallTraining
  private var folder: TemporaryFolder { training.folder }

  init() throws {
    training = try SmallTraining(images: 7)
    try folder.write("0\n1\n", to: "start.txt")
    try folder.write("2.png\n3\n4\n5\n6\n", to: "pool.txt")
  }

  private func arguments(_ more: [String] = [], output: String = "out") -> [String] {
    ["simulate"] + training.dataArguments + training.validationArguments
      + ["--per-round", "2", "--output", folder.path(output)] + more
  }

  private var given: [String] {
    ["--split", folder.path("start.txt"), "--pool", folder.path("pool.txt")]
  }

  private struct Result: Decodable {
    struct Cell: Decodable {
      struct Choice: Decodable {
        struct Image: Decodable {
          let name: String
          let orderValue: Double?
          let wrongPixels: Int
        }
        let images: [Image]
        let hiddenImages: Int
        let hiddenWrongPixels: Int
      }
      let seed: UInt64
      let order: String?
      let round: Int
      let annotatedImages: Int
      let meanIntersectionOverUnion: Double?
      let choice: Choice?
    }
    let isComplete: Bool
    let cells: [Cell]
  }

  private func result(_ output: String = "out") throws -> Result {
    try JSONDecoder().decode(Result.self, from: training.data("\(output)/simulation.json"))
  }

  private func date(_ path: String) throws -> Date? {
    try folder.url(path).resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
  }

  /// Stopped in the middle and continued it comes to the very numbers of an undisturbed run, and trains nothing twice.
  @Test func roundsArePlayedAndResumed() throws {
    let options = given + ["--rounds", "2", "--orders", "random,error-rate,budget", "--seeds", "0,4"]
    let before = try CommandRun(arguments(options + ["--list"]))
    #expect(before.output.hasPrefix("seed 0, start                not begun\n"), "\(before.errors)")
    #expect(before.output.hasSuffix("14 trainings, 0 finished\n"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))

    let running = try RunningCommand(arguments(options))
    let fourth = folder.url("out/cells/seed-0/error-rate/round-1/run/log.jsonl")
    while running.process.isRunning && !FileManager.default.fileExists(atPath: fourth.path) { usleep(5000) }
    kill(running.process.processIdentifier, SIGINT)
    let stopped = try running.finish()
    #expect(stopped.status == 130 && stopped.output.isEmpty, "\(stopped.errors)")
    #expect(stopped.errors.hasSuffix("stopped; the same command goes on\n"))
    // Two starts, what all orders choose from them, and what goes on from the first training of a round.
    #expect(try !result().isComplete && (9...10).contains(result().cells.count))
    #expect(try (3...4).contains(result().cells.count { $0.meanIntersectionOverUnion != nil }))
    let first = "out/cells/seed-0/random/round-1/run/model.safetensors"
    let made = try date(first)

    let run = try CommandRun(arguments(options))
    #expect(run.status == 0, "\(run.errors)")
    #expect(try date(first) == made)
    #expect(run.output.hasPrefix("mIoU on 7 validation images (mean ± standard deviation over 2 seeds)\n"))
    try expectRounds(try result())
    #expect(!FileManager.default.fileExists(atPath: folder.path("out/cells/seed-0/start/audit")))
    // Nothing is left to do; an order more is trained alone.
    let nothing = try CommandRun(arguments(options + ["--json"]))
    #expect(nothing.errors.isEmpty && nothing.status == 0)
    #expect(try Data(nothing.output.utf8) == training.data("out/simulation.json"))
    #expect(try JSONSchema(named: "simulate").problems(nothing.json()) == [])

    let undisturbed = try CommandRun(arguments(options, output: "again"))
    #expect(undisturbed.output == run.output)
    for name in ["json", "csv", "svg"] {
      #expect(try training.data("again/simulation.\(name)") == training.data("out/simulation.\(name)"))
    }
  }

  private func expectRounds(_ result: Result) throws {
    #expect(result.isComplete && result.cells.count == 14)
    for cell in result.cells {
      #expect(cell.annotatedImages == 2 + 2 * cell.round)
      #expect((0...1).contains(cell.meanIntersectionOverUnion ?? -1))
      #expect((cell.choice == nil) == (cell.order == nil))
      guard let choice = cell.choice else { continue }
      #expect(choice.images.count == 2 && choice.hiddenImages == 7 - 2 * cell.round)
      #expect(choice.images.reduce(0) { $0 + $1.wrongPixels } <= choice.hiddenWrongPixels)
      #expect((choice.images[0].orderValue == nil) == (cell.order == "random"))
      let values = choice.images.compactMap(\.orderValue)
      #expect(cell.order != "error-rate" || values == values.sorted(by: >))
    }
    for order in ["random", "error-rate", "budget"] {
      for seed in [0, 4] as [UInt64] {
        let chosen = result.cells.filter { $0.seed == seed && $0.order == order }
          .flatMap { $0.choice?.images.map(\.name) ?? [] }
        #expect(Set(chosen).count == 4 && Set(chosen).isSubset(of: ["2", "3", "4", "5", "6"]))
      }
    }
  }

  @Test func aDrawnStartIsCalibratedAndKeepsItsDefinition() throws {
    let options =
      ["--initial", "4", "--rounds", "1", "--orders", "gain-per-minute", "--seeds", "1"]
      + [
        "--calibration-images", folder.path("validation"), "--calibration-masks",
        folder.path("validation-masks"),
      ]
    let run = try CommandRun(arguments(options + ["--json"]))
    #expect(run.status == 0, "\(run.errors)")
    #expect(try JSONSchema(named: "simulate").problems(run.json()) == [])
    #expect(try result().cells.map(\.annotatedImages) == [4, 6])
    let calibration = folder.path("out/cells/seed-1/start/run/model.calibration.json")
    #expect(FileManager.default.fileExists(atPath: calibration))
    let other = try CommandRun(arguments(options + ["--set", "stages.jointSteps=2"]))
    #expect(other.status == 1 && other.errors.contains("holds a simulation with other settings or images"))
  }

  @Test(arguments: [
    (["--split", "start.txt", "--pool", "start.txt"], 1, "'0' is in the start ("),
    (
      ["--split", "start.txt", "--pool", "pool.txt", "--rounds", "4"], 64,
      "--rounds 4 of --per-round 2 reveal 8 images, but only 5 are hidden"
    ),
    (["--initial", "7"], 64, "--initial 7: 7 labelled images leave none to choose from"),
    (
      ["--initial", "2", "--orders", "random,size"], 64,
      "Unknown order 'size' in --orders; known are: random, error-rate,"
    ),
    (["--initial", "2", "--orders", "random,random"], 64, "--orders random,random: one comes twice"),
    (["--initial", "2", "--seeds", "0,x"], 64, "--seeds: expected whole numbers from 0, found 'x'"),
    (["--initial", "2", "--per-round", "0"], 64, "--per-round must be at least 1"),
    (["--initial", "2", "--pool", "pool.txt"], 64, "--pool and --initial exclude each other"),
    ([], 64, "Expected --split FILE with --pool FILE, or --initial N"),
    (["--pool", "pool.txt"], 64, "--pool needs --split FILE"),
    (
      ["--initial", "2", "--calibration-images", "x"], 64,
      "--calibration-images and --calibration-masks belong"
    ),
    (["--initial", "2", "--set", "stages.steps=1"], 1, "stages.steps"),
  ]) func wrongInputIsRefused(options: [String], status: Int32, text: String) throws {
    let more = options.map { $0.hasSuffix(".txt") ? folder.path($0) : $0 }
    let run = try CommandRun(arguments(more))
    #expect(run.status == status, "\(run.errors)")
    #expect(run.errors.contains(text), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test func unlabelledImagesAreNeededToTheEnd() throws {
    let index = try #require(training.dataArguments.firstIndex(of: "--unlabeled"))
    var data = training.dataArguments
    data.removeSubrange(index..<index + 2)
    let options = ["--per-round", "2", "--initial", "5", "--rounds", "1", "--output", folder.path("out")]
    let run = try CommandRun(["simulate"] + data + training.validationArguments + options)
    #expect(run.status == 64 && run.errors.contains("the semi-supervised stage would have none"))
    let fewer = try CommandRun(
      ["simulate"] + data + training.validationArguments + options + ["--per-round", "1", "--list"])
    #expect(fewer.status == 0 && fewer.output.hasSuffix("18 trainings, 0 finished\n"), "\(fewer.errors)")
  }

  @Test func validationImagesAreNeededAndApart() throws {
    let none = try CommandRun(
      ["simulate"] + training.dataArguments
        + ["--per-round", "1", "--initial", "2", "--output", folder.path("out")])
    #expect(none.status == 64 && none.errors.contains("Expected images to measure by"))
    let same = try CommandRun(
      ["simulate"] + training.dataArguments
        + ["--validation-images", folder.path("images"), "--validation-masks", folder.path("masks")]
        + ["--per-round", "1", "--initial", "2", "--output", folder.path("out")])
    #expect(
      same.status == 1 && same.errors.contains("images/0.png: a validation image that is trained on too"))
  }
}
