import AuditStore
import Auditing
import Testing

@Suite struct RoundTripTests {
  private let database: SampleDatabase
  private let store: AuditStore
  private let run: AuditRun

  init() throws {
    database = try SampleDatabase()
    store = try database.open()
    run = try store.beginRun(.sample())
  }

  @Test func theRun() throws {
    #expect(run.description == .sample())
    #expect(run.finishedAt == nil)
    #expect(run.createdAt.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
    try store.finishRun(run)
    let finished = try store.run(named: nil)
    #expect(finished.finishedAt?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
    #expect(finished.description == run.description && finished.id == run.id)
  }

  @Test(arguments: [(12, 9), (1, 1), (333, 127)]) func anImage(width: Int, height: Int) throws {
    let audit = ImageAudit.sample(seed: 3, width: width, height: height)
    try store.record(audit, path: "street/a b.jpg", contentSHA256: "00ff", run: run)
    let image = try #require(try store.rankedImages(run, RankingQuery()).first)
    #expect(image.path == "street/a b.jpg" && image.contentSHA256 == "00ff")
    #expect(image.width == width && image.height == height)
    var statistics = audit.statistics
    statistics.histogram = []
    #expect(image.statistics == statistics)
    #expect(image.worstRegionPixels == audit.regions.first?.expectedWrongPixels ?? 0)
    #expect(try store.maps(of: image) == audit.maps)
    #expect(try store.regions(of: image) == audit.regions)
    #expect(try store.classes(of: image) == audit.classes)
    #expect(try store.histogram(run) == audit.statistics.histogram)
  }

  @Test func sumsOverTheRun() throws {
    let audits = (0..<4).map { ImageAudit.sample(seed: $0) }
    for (index, audit) in audits.enumerated() {
      try store.record(audit, path: "\(index).jpg", contentSHA256: "", run: run)
    }
    try store.recordFailure(path: "broken.jpg", reason: "cut off", run: run)
    // What another run holds is not counted.
    let other = try store.beginRun(.sample("other"))
    try store.record(.sample(seed: 9), path: "0.jpg", contentSHA256: "", run: other)

    let totals = try store.totals(run)
    #expect(totals.imageCount == 4 && totals.failedCount == 1 && totals.pixelCount == 4 * 108)
    let wrong = audits.reduce(0) { $0 + $1.statistics.expectedWrongPixels }
    // Each image is rounded to 1/65536 of a pixel.
    let rounding = 4.0 / 131_072
    #expect(abs(totals.expectedWrongPixels - wrong) <= rounding)
    #expect(abs(totals.expectedErrorRate - wrong / 432) <= rounding / 432)
    let histogram = (0..<20).map { bin in audits.reduce(0) { $0 + $1.statistics.histogram[bin] } }
    #expect(try store.histogram(run) == histogram)

    let classes = try store.classTotals(run)
    #expect(classes.map(\.name) == ["road", "car", "tree"])
    for (index, total) in classes.enumerated() {
      let parts = audits.compactMap { $0.classes.first { $0.classIndex == index } }
      #expect(total.imageCount == parts.count)
      #expect(total.predictedPixels == parts.reduce(0) { $0 + $1.predictedPixels })
      #expect(abs(total.expectedWrongPixels - parts.reduce(0) { $0 + $1.expectedWrongPixels }) <= rounding)
    }
  }

  @Test func anEmptyRun() throws {
    let totals = try store.totals(run)
    #expect((totals.imageCount, totals.failedCount, totals.pixelCount) == (0, 0, 0))
    #expect(totals.expectedErrorRate == 0)
    #expect(try store.histogram(run) == [Int](repeating: 0, count: 20))
    #expect(try store.rankedImages(run, RankingQuery()).isEmpty)
    let classes = try store.classTotals(run)
    #expect(classes.map(\.predictedPixels) == [0, 0, 0] && classes.map(\.imageCount) == [0, 0, 0])
  }

  @Test func aDamagedMapIsNamed() throws {
    try store.record(.sample(seed: 1), path: "a.jpg", contentSHA256: "", run: run)
    let image = try #require(try store.rankedImages(run, RankingQuery()).first)
    try database.raw { try $0.execute(sql: "UPDATE maps SET data = x'00' WHERE kind = 'error'") }
    #expect(SampleDatabase.reason { _ = try store.maps(of: image) }.contains("image a.jpg"))
    try database.raw { try $0.execute(sql: "DELETE FROM maps WHERE kind = 'error'") }
    #expect(SampleDatabase.reason { _ = try store.maps(of: image) }.contains("missing or damaged"))
  }

  /// NaN would come back as NULL and be neither worst nor best.
  @Test func numbersThatAreNoneAreRefused() throws {
    let audit = ImageAudit.uniform(error: .nan, labels: [4])
    #expect(throws: AuditStoreError.self) { try store.record(audit, path: "a", contentSHA256: "", run: run) }
    let confidence = ImageAudit.uniform(error: 0.5, confidence: .nan, labels: [4])
    #expect(throws: AuditStoreError.self) {
      try store.record(confidence, path: "a", contentSHA256: "", run: run)
    }
    #expect(try store.rankedImages(run, RankingQuery()).isEmpty)
  }
}
