import AuditStore
import Foundation
import GRDB
import Testing

@Suite(.timeLimit(.minutes(3))) struct UsageTests {
  static let commands = [
    "train", "experiment", "quantize", "calibrate", "accept", "audit", "query", "simulate", "compare", "sql",
    "export", "report", "evaluate", "synthesize", "import", "predict",
  ]

  @Test(arguments: commands) func helpShowsAnExample(command: String) throws {
    let run = try CommandRun(command, "--help")
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.contains("Example:") || run.output.contains("Examples:"))
    #expect(run.output.contains("errata \(command) "))
    #expect(run.output.contains("--help") && run.output.contains("USAGE: errata \(command)"))
  }

  @Test(arguments: commands.filter { $0 != "synthesize" }) func helpNamesTheExitCodes(command: String) throws
  {
    let text = try CommandRun(command, "--help").output.split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    for part in ["0 done", "1 failed", "2 done, but some images failed", "64 wrong usage", "130 interrupted"]
    {
      #expect(text.contains(part))
    }
  }

  @Test func theProgramItself() throws {
    #expect(try CommandRun("--version").output == "0.1.0\n")
    let help = try CommandRun("--help")
    #expect(help.status == 0)
    for command in Self.commands { #expect(help.output.contains("\n  \(command) ")) }
    #expect(try CommandRun([]).output == help.output)
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func shellCompletion(shell: String) throws {
    let run = try CommandRun("--generate-completion-script", shell)
    #expect(run.status == 0)
    for command in Self.commands { #expect(run.output.contains(command)) }
  }

  @Test(arguments: [
    (["nonsense"], "nonsense"),
    (["query"], "--database"),
    (["query", "--database", "x", "--json", "--csv"], "--json and --csv exclude each other"),
    (["query", "--database", "x", "--top", "0"], "--top must be at least 1"),
    (["query", "--database", "x", "--minimum-error", "2"], "--minimum-error 2.0, expected 0 to 1"),
    (["query", "--database", "x", "--minimum-error", "nan"], "--minimum-error nan, expected 0 to 1"),
    (["query", "--database", "x", "--order", "size"], "error-rate"),
    (["evaluate", "--database", "x", "--masks", "x", "--ignore", "300"], "--ignore"),
    (["export", "--database", "x", "--output", "x", "--format", "docx"], "error-maps"),
    (
      ["export", "--database", "x", "--output", "x", "--format", "csv", "--top", "0"],
      "--top must be at least 1"
    ),
    (["report", "--database", "x", "--output", "x", "--top", "-1"], "--top"),
    (["audit", "x", "--database", "x"], "--model"),
    (
      ["audit", "x", "--model", "x", "--database", "x", "--region-threshold", "1.5"],
      "--region-threshold 1.5, expected 0 to 1"
    ),
    (
      ["audit", "x", "--model", "x", "--database", "x", "--minimum-region-area", "0"],
      "--minimum-region-area must be at least 1"
    ),
    (["train", "--output", "x", "--preset", "huge"], "known are: tiny, cpu"),
    (["train", "--preset", "tiny"], "Missing --output DIR"),
    (["train", "--output", "x", "--json"], "--json needs --dry-run"),
    (["experiment", "x.yaml", "--output", "x", "--variable", "a"], "expected NAME=VALUE"),
    (["train", "--output", "x", "--checkpoint-every", "0"], "--checkpoint-every must be at least 1"),
    (["train", "--output", "x"], "Expected --images, --masks and --classes, or --dataset and --root"),
    (["train", "--output", "x", "--dataset", "voc"], "--dataset voc needs --root DIR"),
    (["train", "--output", "x", "--dataset", "none", "--root", "x"], "known are: voc, cityscapes, camvid"),
    (["quantize", "--images", "x"], "--model"),
    (["quantize", "--model", "x", "--images", "x", "--count", "0"], "--count must be at least 1"),
    (["quantize", "--model", "x", "--images", "x", "--limit", "0"], "--limit 0.0, expected more than 0"),
    (["quantize", "--model", "x", "--images", "x", "--processor", "sse2"], "vnni"),
    (["audit", "x", "--model", "x", "--database", "x", "--precision", "int4"], "int8"),
    (["synthesize", "x", "--width", "10"], "expected sides of 32 to 8192"),
  ]) func wrongUsageSaysWhatIsExpected(arguments: [String], text: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 64)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(text), "\(run.errors)")
    #expect(run.errors.contains("Usage: errata"))
  }
}

@Suite(.timeLimit(.minutes(3))) struct UnusableFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let readers = [
    ["query"], ["report", "--output", "x.html"], ["evaluate", "--masks", "x"],
    ["export", "--format", "csv", "--output", "x"],
  ]

  private func expectFailure(_ arguments: [String], _ text: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(text), "\(run.errors)")
    #expect(run.errors.hasPrefix("Error: "))
  }

  @Test(arguments: readers) func noDatabase(command: [String]) throws {
    let path = folder.path("none.sqlite")
    try expectFailure(command + ["--database", path], "\(path): no such database")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test(arguments: readers) func anotherFile(command: [String]) throws {
    let path = try folder.write("a,b\n1,2\n", to: "table.csv")
    try expectFailure(command + ["--database", path], "\(path): exists, but is no SQLite database")
  }

  @Test(arguments: readers) func aNewerDatabase(command: [String]) throws {
    let audit = try SampleAudit()
    try DatabaseQueue(path: audit.database).inDatabase { try $0.execute(sql: "PRAGMA user_version = 9") }
    try expectFailure(command + ["--database", audit.database], "was written by a newer version of errata")
  }

  @Test(arguments: readers) func aRunThatIsNotThere(command: [String]) throws {
    let audit = try SampleAudit(runs: "monday", "tuesday")
    try expectFailure(
      command + ["--database", audit.database, "--run", "friday"],
      "no run 'friday'; there are: 'monday', 'tuesday'")
  }

  @Test func auditsOfNothing() throws {
    let database = folder.path("audit.sqlite")
    let missing = folder.path("no-images")
    try expectFailure(
      ["audit", missing, "--model", "x", "--database", database], "\(missing): no such folder")
    try folder.write("text", to: "images/a.txt")
    let empty = folder.path("images")
    try expectFailure(["audit", empty, "--model", "x", "--database", database], "\(empty): no image")
    try folder.write("no image", to: "images/a.jpg")
    let none = folder.path("none.safetensors")
    try expectFailure(["audit", empty, "--model", none, "--database", database], none)
    let text = try folder.write("no model, but long enough to have a header", to: "text.safetensors")
    try expectFailure(["audit", empty, "--model", text, "--database", database], text)
    #expect(!FileManager.default.fileExists(atPath: database))
  }
}
