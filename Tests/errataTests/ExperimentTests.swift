import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct ExperimentTests {
  private let training: SmallTraining
  private var folder: TemporaryFolder { training.folder }

  init() throws { training = try SmallTraining() }

  private static let grid = """
    variables: {root: , steps: 2}
    train:
      images: ${root}/images
      masks: ${root}/masks
      unlabeled: ${root}/unlabeled
      classes: ${root}/classes.txt
      preset: tiny
      config: ${root}/settings.yaml
    settings: {stages.supervisedSteps: "${steps}", stages.jointSteps: 1, stages.semiSupervisedSteps: 1}
    grid:
      decoders:
        none: {network.auxiliaryAlphas: []}
        one: {network: {auxiliaryAlphas: [0.01]}}
      input:
        logits: {network.errorLocalization.classInput: logits}
        one-hot: {network.errorLocalization.classInput: one-hot}
    seeds: [0, 7]
    audits:
      val: {images: "${root}/validation", masks: "${root}/validation-masks", options: {flip: true}}
      joint: {images: "${root}/validation", masks: "${root}/validation-masks", model: model-joint}
    """

  private func arguments(_ more: [String] = [], file: String = "grid.yaml") -> [String] {
    [
      "experiment", folder.path(file), "--output", folder.path("out"), "--variable", "root=\(folder.path)",
    ] + more
  }

  @Test func aGridIsTrainedMeasuredAndResumed() throws {
    try folder.write(Self.grid, to: "grid.yaml")
    let before = try CommandRun(arguments(["--list"]))
    #expect(before.output.split(separator: "\n").count == 8)
    #expect(before.output.hasPrefix("decoders = none, input = logits, seed 0   not begun\n"))
    let running = try RunningCommand(arguments())
    let third = folder.url("out/cells/none_one-hot/seed-0/run/log.jsonl")
    while running.process.isRunning && !FileManager.default.fileExists(atPath: third.path) { usleep(5000) }
    kill(running.process.processIdentifier, SIGINT)
    let stopped = try running.finish()
    #expect(stopped.status == 130, "\(stopped.errors)")
    let between = try CommandRun(arguments(["--list"])).output.split(separator: "\n")
    #expect(between.count { $0.hasSuffix("finished") } == 2)
    let first = folder.url("out/cells/none_logits/seed-0/run/model.safetensors")
    let date = try first.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate

    let run = try CommandRun(arguments())
    #expect(run.status == 0, "\(run.errors)")
    let again = try first.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
    #expect(date == again)
    let rows = run.output.split(separator: "\n").map { $0.split(separator: "|").map { $0.trimmed } }
    #expect(rows.count == 2 + 4 * 2)
    #expect(rows[0].prefix(5) == ["decoders", "input", "audit", "seeds", "mIoU"])
    #expect(rows[2].prefix(4) == ["none", "logits", "val", "2"])
    #expect(rows.dropFirst(2).allSatisfy { $0[4].contains(" ± ") })
    #expect(try training.data("out/results.md") == Data(run.output.utf8))
    try expectSpreads()
    // Nothing is left to do.
    let nothing = try CommandRun(arguments())
    #expect(nothing.output == run.output && nothing.errors.isEmpty)
  }

  /// Mean and deviation in results.csv are those of cells.csv.
  private func expectSpreads() throws {
    func table(_ name: String) throws -> [[String]] {
      try String(contentsOf: folder.url("out/\(name)"), encoding: .utf8).split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
    }
    let (cells, results) = (try table("cells.csv"), try table("results.csv"))
    #expect(cells.count == 17 && results.count == 9)
    let column = try #require(cells[0].firstIndex(of: "mIoU"))
    let mean = try #require(results[0].firstIndex(of: "mIoU mean"))
    for row in results.dropFirst() {
      let values = cells.filter { $0.prefix(3) == row.prefix(3) }.compactMap { Double($0[column]) }
      #expect(values.count == 2)
      #expect(abs((Double(row[mean]) ?? 0) - (values[0] + values[1]) / 2) < 1e-12)
      // Of two values the sample standard deviation is |a − b| / √2.
      #expect(abs((Double(row[mean + 1]) ?? 0) - abs(values[0] - values[1]) / 2.0.squareRoot()) < 1e-12)
    }
  }

  /// The grids of the repository name settings that exist.
  @Test(arguments: ["auxiliary-decoders", "losses", "class-input", "correctors"])
  func theRepositorysExperimentsAreValid(name: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let run = try CommandRun([
      "experiment", root.appending(path: "experiments/\(name).yaml").path, "--output", folder.path("out"),
      "--list", "--variable", "root=x", "--variable", "labeled=x", "--variable", "unlabeled=x",
    ])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.split(separator: "\n").count >= 9)
    #expect(run.output.split(separator: "\n").allSatisfy { $0.hasSuffix("not begun") })
  }

  @Test func aFailedCellDoesNotStopTheOthers() throws {
    let grid = Self.grid.replacingOccurrences(of: "seeds: [0, 7]", with: "seeds: [0]")
      .replacingOccurrences(
        of: "one-hot: {network.errorLocalization.classInput: one-hot}",
        with: "huge: {optimizer.learningRate: 1.0e+30}")
    try folder.write(grid, to: "grid.yaml")
    let run = try CommandRun(arguments(["--variable", "steps=4"]))
    #expect(run.status == 1)
    #expect(
      run.errors.contains(
        "failed: decoders = none, input = huge, seed 0: errata train ended with exit code 1"))
    #expect(run.errors.contains("2 of 4 cells failed"))
    #expect(run.output.contains("| none | huge | val | 0 | – |"))
    let list = try CommandRun(arguments(["--list", "--variable", "steps=4"])).output
    #expect(list.contains("huge, seed 0    failed: errata train ended with exit code 1"))
    // Another definition in the same folder is refused before anything is touched.
    let other = try CommandRun(arguments(["--variable", "steps=3"]))
    #expect(other.status == 1 && other.errors.contains("holds a cell with other settings"))
  }

  @Test(arguments: [
    (
      "train: {images: x}\nseed: [1]\n",
      ", line 2: unknown 'seed' of an experiment; known are: variables, train"
    ),
    ("settings: {a: 1}\n", ", line 1: no 'train' with its options"),
    ("train: 5\n", ", line 1: options: expected 'name: value', found 5"),
    ("train: {root: \"${data}\"}\n", ", line 1: '${data}' is not among the experiment's variables"),
    (
      "variables: {data: }\ntrain:\n  root: ${data}\n",
      ", line 3: variable 'data' has no value; give --variable data=…"
    ),
    ("train: {images: x}\nseeds: [1, 1]\n", ", line 2: seeds: expected a list of different whole numbers"),
    (
      "train: {images: x}\naudits:\n  val: {images: x}\n",
      ", line 3: audit 'val': expected 'images' and 'masks'"
    ),
    ("train: {colour: x}\n", ": train: Unknown option '--colour'"),
    (
      "train: {preset: tiny}\ngrid:\n  a:\n    b: {teacher.decay: 2}\n",
      "cell 'a = b, seed 0': --set teacher.decay=2: setting 'teacher.decay': expected a number from 0 to 1, found 2"
    ),
    ("train: {images: x\n", ", line 2: not valid YAML: "),
  ]) func filesSayWhatIsWrong(yaml: String, text: String) throws {
    try folder.write(yaml, to: "grid.yaml")
    let run = try CommandRun([
      "experiment", folder.path("grid.yaml"), "--output", folder.path("out"),
    ])
    #expect(run.status == 1)
    #expect(run.errors.contains(text), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }
}

extension Substring {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
