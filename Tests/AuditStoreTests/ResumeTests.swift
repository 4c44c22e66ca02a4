import AuditStore
import Auditing
import Testing

@Suite struct ResumeTests {
  private let database: SampleDatabase

  init() throws { database = try SampleDatabase() }

  @Test func aRunGoesOnWhereItStopped() throws {
    let first = try database.open()
    let run = try first.beginRun(.sample())
    try first.record(.sample(seed: 1), path: "a", contentSHA256: "", run: run)
    try first.recordFailure(path: "b", reason: "cut off", run: run)
    let second = try database.open()
    let resumed = try second.beginRun(.sample())
    #expect(resumed == run)
    #expect(Array(try second.stamps(resumed).keys) == ["a"])
    #expect(try second.runs().count == 1)
  }

  @Test func anotherModelFolderOrConfigurationIsRefused() throws {
    let store = try database.open()
    _ = try store.beginRun(.sample())
    let model = SampleDatabase.reason { _ = try store.beginRun(.sample(model: "bb")) }
    #expect(model.contains("run 'first' exists with model /models/model.safetensors (another content)"))
    #expect(model.contains("choose another --run"))
    let configuration = SampleDatabase.reason { _ = try store.beginRun(.sample(configuration: "[1]")) }
    #expect(configuration.contains("run 'first' exists with configuration {}"))
    var moved = AuditRunDescription.sample()
    moved.folder = "/elsewhere"
    #expect(SampleDatabase.reason { _ = try store.beginRun(moved) }.contains("with folder /images;"))
    moved.name = "second"
    #expect(try store.beginRun(moved).description == moved)
  }

  /// The path of the model is for the reader; its content is what counts.
  @Test func aMovedModelIsTheSame() throws {
    let store = try database.open()
    let run = try store.beginRun(.sample())
    var moved = AuditRunDescription.sample()
    moved.modelPath = "/elsewhere/model.safetensors"
    #expect(try store.beginRun(moved).id == run.id)
  }

  @Test func aRunThatGoesOnIsNotFinished() throws {
    let store = try database.open()
    try store.finishRun(try store.beginRun(.sample()))
    #expect(try store.run(named: "first").finishedAt != nil)
    #expect(try store.beginRun(.sample()).finishedAt == nil)
    #expect(try store.run(named: "first").finishedAt == nil)
  }

  @Test func anImageIsWrittenOnce() throws {
    let store = try database.open()
    let run = try store.beginRun(.sample())
    try store.record(.sample(seed: 1), path: "a", contentSHA256: "one", run: run)
    let first = try store.rankedImages(run, RankingQuery())
    // The same content, by another process: left as it is.
    try store.record(.sample(seed: 2), path: "a", contentSHA256: "one", run: run)
    #expect(try store.rankedImages(run, RankingQuery()) == first)
    // Another content: the file has changed.
    try store.record(.sample(seed: 2), path: "a", contentSHA256: "two", run: run)
    #expect(try store.rankedImages(run, RankingQuery()).map(\.contentSHA256) == ["two"])
    #expect(try database.count("maps") == 4)
    try store.recordFailure(path: "a", reason: "gone", run: run)
    #expect(try Array(store.stamps(run).keys) == ["a"] && store.failedImages(run).isEmpty)
  }

  @Test func aFailureIsReplaced() throws {
    let store = try database.open()
    let run = try store.beginRun(.sample())
    try store.recordFailure(path: "a", reason: "cut off", run: run)
    try store.recordFailure(path: "a", reason: "empty", run: run)
    #expect(try store.failedImages(run).map { "\($0.path): \($0.reason)" } == ["a: empty"])
    #expect(try store.stamps(run).isEmpty)
    let audit = ImageAudit.sample(seed: 1)
    try store.record(audit, path: "a", contentSHA256: "", run: run)
    #expect(try store.failedImages(run).isEmpty && Array(store.stamps(run).keys) == ["a"])
    let image = try #require(try store.rankedImages(run, RankingQuery()).first)
    #expect(try store.maps(of: image) == audit.maps)
    #expect(try database.count("images") == 1)
  }
}
