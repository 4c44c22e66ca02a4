import Testing

@Suite(.timeLimit(.minutes(3))) struct ConfigurationFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func train(_ arguments: [String]) throws -> CommandRun {
    try CommandRun(["train", "--output", folder.path("run")] + arguments)
  }

  @Test(arguments: [
    (
      "stages:\n  supervisedSteps: 5\n  jointStep: 3\n",
      "line 3: unknown setting 'stages.jointStep'; here are: jointSteps"
    ),
    ("\n\nstage: 3\n", "line 3: unknown setting 'stage'; here are: data, losses, network"),
    ("stages:\n  supervisedSteps: many\n", "setting 'stages.supervisedSteps': "),
    ("stages:\n  supervisedSteps: 1.5\n", "setting 'stages.supervisedSteps': "),
    ("stages:\n  supervisedSteps: [1, 2]\n", "setting 'stages.supervisedSteps': "),
    ("stages:\n  supervisedSteps:\n", "setting 'stages.supervisedSteps': "),
    ("optimizer:\n  learningRate: .nan\n", "optimizer.learningRate"),
    ("optimizer:\n  learningRate: .inf\n", "optimizer.learningRate"),
    ("stages:\n  supervisedSteps: {a: 1}\n", "line 2: expected a value or a list"),
    ("stages: 3\n", "line 1: 'stages' has settings of its own, expected a mapping"),
    ("- stages\n", "line 1"),
    ("stages: [\n", "not valid YAML"),
    ("stages:\n  jointSteps: 1\n  jointSteps: 2\n", "jointSteps"),
  ]) func mistakesAreNamedWithTheirPlace(yaml: String, text: String) throws {
    let path = try folder.write(yaml, to: "settings.yaml")
    let run = try train(["--config", path])
    #expect(run.status == 1, "\(run.errors)")
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("Error: " + path), "\(run.errors)")
    #expect(run.errors.contains(text), "\(run.errors)")
  }

  @Test(arguments: [
    ("stages.jointSteps", "--set stages.jointSteps: expected key.path=value"),
    ("stages.jointStep=3", "--set stages.jointStep=3"),
    ("stages.jointStep=3", "unknown setting 'stages.jointStep'"),
    ("stages.jointSteps=many", "setting 'stages.jointSteps': "),
    ("stages.jointSteps=[", "--set stages.jointSteps=["),
    ("stages=4", "'stages' has settings of its own"),
  ]) func mistakesOfSingleSettings(setting: String, text: String) throws {
    let run = try train(["--set", setting])
    #expect(run.status == 1)
    #expect(run.errors.contains(text), "\(run.errors)")
  }

  @Test func aFileThatIsNotThere() throws {
    let run = try train(["--config", folder.path("none.yaml")])
    #expect(run.status == 1)
    #expect(run.errors.contains("\(folder.path("none.yaml")): cannot be read"))
  }

  /// What is right goes on to the next complaint: there are no images.
  @Test(arguments: [
    "stages:\n  supervisedSteps: 5\nlosses:\n  contrastive:\n    weight: 0.5\n", "",
    "# nothing but a comment\n",
    "optimizer: {learningRate: 1e-3, trainsNormalization: false}\n",
    "network:\n  auxiliaryAlphas: [1, 2.5, 3]\n",
  ]) func whatIsRightIsTaken(yaml: String) throws {
    let run = try train(["--config", try folder.write(yaml, to: "settings.yaml")])
    #expect(run.status == 64)
    #expect(run.errors.contains("Expected --images, --masks and --classes"), "\(run.errors)")
  }
}
