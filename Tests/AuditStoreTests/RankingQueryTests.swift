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

  /// However far the order is walked along before all that pass are sorted.
  @Test(arguments: RankingOrder.allCases, [nil, 1, 2]) func howFarIsWalkedDoesNotMatter(
    order: RankingOrder, classIndex: Int?
  ) throws {
    for index in 0..<40 {
      let (error, doubt) = (Float(index * 7 % 10) / 10, Float(index * 3 % 8) / 8)
      try store.record(
        .uniform(error: error, confidence: 1 - doubt, entropy: doubt, labels: [index % 3, 4, index % 5 * 2]),
        path: "\(index % 2)/\(index)", contentSHA256: "", run: run)
    }
    let condition = try Condition.onImages("entropy >= 0.25 and not path like '%3'")
    for (minimum, condition, perFolder) in [
      (0.3, nil, nil), (nil, condition, nil), (0.5, condition, nil), (nil, condition, 2), (0.95, nil, nil),
    ] as [(Double?, Condition?, Int?)] {
      let found = try [1, 5, 5000].map { walkLimit in
        try ranking {
          ($0.order, $0.classIndex, $0.limit, $0.walkLimit) = (order, classIndex, 6, walkLimit)
          ($0.minimumErrorRate, $0.condition, $0.limitPerFolder) = (minimum, condition, perFolder)
        }
      }
      #expect(found[0] == found[1] && found[0] == found[2])
      let all = try ranking {
        ($0.order, $0.classIndex) = (order, classIndex)
        ($0.minimumErrorRate, $0.condition, $0.limitPerFolder) = (minimum, condition, perFolder)
      }
      #expect(found[0] == Array(all.prefix(6)))
    }
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
