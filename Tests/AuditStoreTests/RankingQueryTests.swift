import AuditStore
import Auditing
import Synchronization
import Testing

@Suite struct RankingQueryTests {
  private let database: SampleDatabase
  private let store: AuditStore
  private let run: AuditRun

  /// - large: 100 pixels, 0.25 wrong each; no region.
  /// - small: 10 pixels, 0.75 wrong each; one region.
  /// - doubtful: no errors expected, but the highest entropy and the lowest confidence.
  init() throws {
    database = try SampleDatabase()
    store = try database.open()
    run = try store.beginRun(.sample())
    let audits: [(String, ImageAudit)] = [
      ("large", .uniform(error: 0.25, confidence: 0.75, entropy: 0.5, labels: [80, 20, 0])),
      ("small", .uniform(error: 0.75, confidence: 0.875, entropy: 0.25, labels: [0, 0, 10])),
      ("doubtful", .uniform(error: 0, confidence: 0.5, entropy: 1, labels: [0, 8, 2])),
    ]
    for (path, audit) in audits { try store.record(audit, path: path, contentSHA256: "", run: run) }
    try store.recordFailure(path: "broken", reason: "empty file", run: run)
  }

  private func ranking(_ change: (inout RankingQuery) -> Void) throws -> [String] {
    var query = RankingQuery()
    change(&query)
    return try store.rankedImages(run, query).map(\.path)
  }

  @Test(arguments: [
    (RankingOrder.expectedErrorRate, ["small", "large", "doubtful"]),
    (.expectedWrongPixels, ["large", "small", "doubtful"]),
    (.worstRegion, ["small", "doubtful", "large"]),
    (.classBalanced, ["small", "large", "doubtful"]),
    (.gainPerMinute, ["small", "doubtful", "large"]),
    (.entropy, ["doubtful", "large", "small"]),
    (.confidence, ["doubtful", "large", "small"]),
  ]) func orders(order: RankingOrder, expected: [String]) throws {
    #expect(try ranking { $0.order = order } == expected)
    #expect(try ranking { ($0.order, $0.limit) = (order, 1) } == [expected[0]])
  }

  @Test func minimumErrorRateIsIncluded() throws {
    #expect(try ranking { $0.minimumErrorRate = 0.25 } == ["small", "large"])
    #expect(try ranking { $0.minimumErrorRate = 0.26 } == ["small"])
    #expect(try ranking { $0.minimumErrorRate = 0.9 } == [])
  }

  @Test func oneClass() throws {
    var query = RankingQuery()
    query.classIndex = 1
    query.order = .expectedWrongPixels
    let images = try store.rankedImages(run, query)
    #expect(images.map(\.path) == ["large", "doubtful"])
    #expect(
      images.map(\.ofClass) == [
        ClassStatistics(classIndex: 1, predictedPixels: 20, expectedWrongPixels: 5),
        ClassStatistics(classIndex: 1, predictedPixels: 8, expectedWrongPixels: 0),
      ])
    #expect(try ranking { ($0.classIndex, $0.minimumErrorRate) = (1, 0.2) } == ["large"])
    #expect(try ranking { $0.classIndex = 2 } == ["small", "doubtful"])
    #expect(try ranking { ($0.classIndex, $0.order) = (2, .entropy) } == ["doubtful", "small"])
  }

  private func fill() throws {
    for index in 0..<40 {
      let (error, doubt) = (Float(index * 7 % 10) / 10, Float(index * 3 % 8) / 8)
      try store.record(
        .uniform(error: error, confidence: 1 - doubt, entropy: doubt, labels: [index % 3, 4, index % 5 * 2]),
        path: "\(index % 4 == 0 ? "A" : "b")/\(index)", contentSHA256: "", run: run)
    }
    // As if some had been audited by a program that knew no margin.
    try database.raw {
      try $0.execute(
        sql: "UPDATE images SET mean_margin = mean_entropy / 2, duplicate_of = 1 WHERE id % 3 = 0")
    }
  }

  /// However a limited query is answered: from the top of the order, or by columns.
  @Test(arguments: RankingOrder.allCases, [nil, 1, 2]) func eachWayGivesTheSame(
    order: RankingOrder, classIndex: Int?
  ) throws {
    try fill()
    if classIndex != 2 { try store.updateColumns(run) }
    let conditions = [
      nil, "entropy >= 0.25 and not path like '%3'", "path like 'a/%'",
      "path like 'B/1_' and error_rate < 0.7",
      "path = 'b/9'", "path = 'B/9'", "gain_per_minute > 1 and margin <= 0.3",
      "regions >= 1 or error_p99 < 0.2",
      "(path like 'a/%' or width = 12) and confidence < 0.8", "balanced_error_rate > 0.95",
    ]
    for condition in try conditions.map({ try $0.map(Condition.onImages) }) {
      for (minimum, perFolder, limit) in [(nil, nil, 6), (0.3, nil, 3), (nil, 2, 6), (0.95, nil, 6)]
        as [(Double?, Int?, Int)]
      {
        var query = RankingQuery()
        (query.order, query.classIndex, query.condition) = (order, classIndex, condition)
        (query.minimumErrorRate, query.limitPerFolder) = (minimum, perFolder)
        query.leavesOutDuplicates = limit == 3
        query.cost.perRegion = perFolder == nil ? 7 : 3
        // Without a limit there is one way only.
        let all = Array(try store.rankedImages(run, query).map(\.path).prefix(limit))
        query.limit = limit
        for walkLimit in [0, 1, 5, 5000] {
          query.walkLimit = walkLimit
          #expect(try store.rankedImages(run, query).map(\.path) == all, "\(query)")
        }
      }
    }
  }

  /// Letters beyond A–Z are left to LIKE.
  @Test(arguments: [
    ("path like 'STRASSE/%'", ["Strasse/1"]), ("path like 'stra_e/%'", ["straße/2"]),
    ("path like 'straß%'", ["straße/2"]),
    ("path like '%/3'", ["Ä/3"]), ("path like 'Ä/%'", ["Ä/3"]), ("path = 'Ä/3' and error_rate >= 0", ["Ä/3"]),
    ("path like 'strasse/1'", ["Strasse/1"]), ("path like ''", []), ("not path like 'str%'", ["Ä/3"]),
  ]) func paths(condition: String, expected: [String]) throws {
    let other = try store.beginRun(.sample("paths"))
    for path in ["Strasse/1", "straße/2", "Ä/3"] {
      try store.record(.uniform(error: 0.5, labels: [4]), path: path, contentSHA256: path, run: other)
    }
    var query = RankingQuery()
    (query.condition, query.limit) = (try Condition.onImages(condition), 10)
    for walkLimit in [0, 5000] {
      query.walkLimit = walkLimit
      #expect(try store.rankedImages(other, query).map(\.path) == expected)
    }
  }

  @Test func numbersOfAllImages() throws {
    #expect(try store.expectedWrongPixels(run) == [25, 7.5, 0])
    #expect(try store.errorRates(run) == [0, 0.25, 0.75])
  }

  @Test func oneByOneIsTheSame() throws {
    let paths = Mutex<[String]>([])
    try store.forEachRankedImage(run, RankingQuery()) { image in paths.withLock { $0.append(image.path) } }
    #expect(paths.withLock { $0 } == ["small", "large", "doubtful"])
  }

  @Test func failuresAreListedApart() throws {
    #expect(try store.failedImages(run).map { "\($0.path): \($0.reason)" } == ["broken: empty file"])
  }

  @Test func runsByName() throws {
    let second = try store.beginRun(.sample("second"))
    #expect(try store.run(named: nil).id == second.id)
    #expect(try store.run(named: "first").id == run.id)
    #expect(try store.runs().map(\.description.name) == ["first", "second"])
    #expect(try store.rankedImages(second, RankingQuery()).isEmpty)
    let reason = SampleDatabase.reason { _ = try store.run(named: "third") }
    #expect(reason == "\(database.path): no run 'third'; there are: 'first', 'second'")
  }
}
