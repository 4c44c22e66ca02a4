import ErrorLocalization
import Foundation
import Testing

/// Errors of `--config` and `--set`: one line that names the place, what was expected and what was found.
@Suite(.timeLimit(.minutes(3))) struct ConfigurationFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func train(_ arguments: [String]) throws -> CommandRun {
    try CommandRun(["train", "--output", folder.path("run")] + arguments)
  }

  private func expectOneLine(_ arguments: [String], _ text: String) throws {
    let run = try train(arguments)
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors == "Error: \(text)\n", "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("run")))
  }

  static let files: [(yaml: String, line: Int, text: String)] = [
    (
      "stages:\n  jointSteps: 5\n bad: 1\n", 3,
      "not valid YAML: did not find expected key at column 2 (while parsing a block mapping, line 1)"
    ),
    (
      "teacher: {decay: 0.9\n", 2,
      "not valid YAML: did not find expected ',' or '}' at column 1 (while parsing a flow mapping, line 1)"
    ),
    (
      "network:\n\twidth: 3\n", 2,
      "not valid YAML: found character that cannot start any token at column 1 (while scanning for the next token, "
        + "line 2)"
    ),
    ("stages:\n  jointSteps: 1\n  jointSteps: 2\n", 2, "not valid YAML: twice in one group: jointSteps"),
    ("- 1\n- 2\n", 1, "expected settings as 'name: value', found [1, 2]"),
    (
      "teacher:\n  # slow\n  decai: 0.9\n", 3,
      "unknown setting 'teacher.decai'; in 'teacher' are: copiesBackEachEpoch, decay"
    ),
    ("teacher.decay.x: 0.9\n", 1, "unknown setting 'teacher.decay.x': 'teacher.decay' has none below it"),
    (
      "learningRate: 1\n", 1,
      "unknown setting 'learningRate'; known are: data, losses, network, optimizer, stages, teacher, validation"
    ),
    (
      "\nteacher: 0.9\n", 2,
      "'teacher' is a group of settings, expected some of copiesBackEachEpoch, decay, found 0.9"
    ),
    (
      "teacher:\nstages: {jointSteps: 1}\n", 1,
      "'teacher' is a group of settings, expected some of copiesBackEachEpoch, decay, found nothing"
    ),
    ("teacher:\n  decay: fast\n", 2, "setting 'teacher.decay': expected a number from 0 to 1, found 'fast'"),
    (
      "teacher:\n  decay: \"0.9\"\n", 2, "setting 'teacher.decay': expected a number from 0 to 1, found '0.9'"
    ),
    ("teacher:\n  decay:\n", 2, "setting 'teacher.decay': expected a number from 0 to 1, found nothing"),
    ("teacher: {decay: [0.9]}\n", 1, "setting 'teacher.decay': expected a number from 0 to 1, found [0.9]"),
    (
      "teacher: {decay: {of: 1}}\n", 1,
      "setting 'teacher.decay': expected a number from 0 to 1, found a group of settings"
    ),
    (
      "teacher:\n  copiesBackEachEpoch: 1\n", 2,
      "setting 'teacher.copiesBackEachEpoch': expected true or false, found 1"
    ),
    (
      "stages:\n  supervisedSteps: 10\n  jointSteps: 2.5\n", 3,
      "setting 'stages.jointSteps': expected a whole number of at least 0, found 2.5"
    ),
    (
      "network:\n  auxiliaryAlphas: 2\n", 2,
      "setting 'network.auxiliaryAlphas': expected a list, [a, b, …], of which each is a number above 0, found 2"
    ),
    (
      "network:\n  errorLocalization:\n    classInput: pixels\n", 3,
      "setting 'network.errorLocalization.classInput': expected \(classInputs), found 'pixels'"
    ),
    (
      "optimizer.schedule: cosine\n", 1,
      "setting 'optimizer.schedule': expected constant or polynomial, found 'cosine'"
    ),
    (
      "data:\n  augmentation:\n    flipProbability: 0.5\n    cropWidth: 0\n", 4,
      "setting 'data.augmentation.cropWidth': 0, but the other side is 256; set both or none"
    ),
    (
      "data.augmentation:\n  minimumScale: 2\n  maximumScale: 1.5\n", 2,
      "setting 'data.augmentation.minimumScale': 2.0 is above maximumScale, 1.5"
    ),
  ]

  static let classInputs: String = {
    let names = ClassInput.allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }()

  @Test(arguments: files) func aFileSaysWhere(file: (yaml: String, line: Int, text: String)) throws {
    let path = try folder.write(file.yaml, to: "settings.yaml")
    try expectOneLine(["--config", path], "\(path), line \(file.line): \(file.text)")
  }

  @Test(arguments: [
    ("data.labeledBatchSize=0", "expected a whole number of at least 1, found 0"),
    ("data.unlabeledBatchSize=-4", "expected a whole number of at least 1, found -4"),
    ("stages.semiSupervisedSteps=-1", "expected a whole number of at least 0, found -1"),
    ("stages.stepsPerEpoch=0", "expected a whole number of at least 1, found 0"),
    ("teacher.decay=1.01", "expected a number from 0 to 1, found 1.01"),
    ("teacher.decay=.nan", "expected a number from 0 to 1, found nan"),
    (
      "network.auxiliaryAlphas=[2, 0]",
      "expected a list, [a, b, …], of which each is a number above 0, found [2, 0]"
    ),
    ("network.encoder.depth=42", "expected 18, 34, 50 or 101, found 42"),
    ("network.encoder.width=0", "expected a whole number of at least 1, found 0"),
    ("network.errorLocalization.outputStride=7", "expected 8 or 16, found 7"),
    ("network.decoder.asppDropout=2", "expected a number from 0 to 1, found 2"),
    ("optimizer.learningRate=0", "expected a number above 0, found 0"),
    ("optimizer.learningRate=1e60", "expected a number above 0, found 1e+60"),
    ("optimizer.weightDecay=-1e-5", "expected a number of at least 0, found -1e-05"),
    ("optimizer.maximumGradientNorm=-1", "expected a number of at least 0, found -1"),
    ("losses.contrastive.temperature=0", "expected a number above 0, found 0"),
    ("losses.supervisedWeight=-1", "expected a number of at least 0, found -1"),
    ("validation.everySteps=x", "expected a whole number of at least 0, found 'x'"),
  ]) func settingsOutOfTheirRange(text: String, problem: String) throws {
    let name = text.prefix { $0 != "=" }
    try expectOneLine(["--set", text], "--set \(text): setting '\(name)': \(problem)")
  }

  @Test(arguments: [
    ("teacher.decay", "expected key.path=value"),
    ("=3", "expected key.path=value"),
    ("teacher.decay=", "setting 'teacher.decay': expected a number from 0 to 1, found nothing"),
    ("teacher..decay=1", "unknown setting 'teacher..decay'; in 'teacher' are: copiesBackEachEpoch, decay"),
    (
      "teacher.decay=[1",
      "not valid YAML: did not find expected ',' or ']' at column 1 "
        + "(while parsing a flow sequence, line 1)"
    ),
    (
      "data.augmentation.flipProbability=1.5",
      "setting 'data.augmentation.flipProbability': 1.5, expected 0.0 to 1.0"
    ),
    (
      "optimizer.warmupSteps=1800",
      "setting 'optimizer.warmupSteps': 1800, expected less than the 1800 steps of all stages"
    ),
    (
      "stages={supervisedSteps: 0, jointSteps: 0, semiSupervisedSteps: 0}",
      "all stages have 0 steps, expected at least one"
    ),
  ]) func argumentsThatCannotBe(text: String, problem: String) throws {
    try expectOneLine(["--set", text], "--set \(text): \(problem)")
  }

  @Test func filesThatCannotBeRead() throws {
    let none = folder.path("none.yaml")
    let missing = try train(["--config", none])
    #expect(missing.status == 1 && missing.errors.hasPrefix("Error: \(none): cannot be read"))
    try Data([0x61, 0xFF, 0xFE]).write(to: folder.url("bytes.yaml"))
    let bytes = try train(["--config", folder.path("bytes.yaml")])
    #expect(bytes.status == 1 && bytes.errors.contains("bytes.yaml: cannot be read as UTF-8"))
  }

  /// Every leaf of the configuration has a rule, and every rule a leaf that it accepts in all presets.
  @Test func everySettingHasARule() throws {
    for preset in Preset.allCases {
      let tree = try JSONDecoder().decode(
        SettingValue.self, from: JSONEncoder().encode(preset.configuration))
      #expect(Set(tree.paths) == Set(TrainingConfiguration.rules.keys))
      for (path, rule) in TrainingConfiguration.rules {
        let value = try #require(tree[path.split(separator: ".").map(String.init)[...]], "\(path)")
        #expect(rule.accepts(value), "\(preset), \(path): \(value.description)")
      }
      try preset.configuration.validate()
    }
  }
}
