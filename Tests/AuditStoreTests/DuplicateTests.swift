import AuditStore
import Auditing
import GRDB
import Testing

@Suite struct DuplicateTests {
  private struct Item {
    var path: String
    var sha: String
    var bits: UInt64?
  }

  private let database: SampleDatabase
  private let store: AuditStore
  private let run: AuditRun

  init() throws {
    database = try SampleDatabase()
    store = try database.open()
    run = try store.beginRun(.sample())
  }

  private func record(_ item: Item, content: String? = nil) throws {
    try store.record(
      .uniform(error: 0.5, labels: [4]), path: item.path, contentSHA256: content ?? item.sha,
      file: file(item),
      run: run)
  }

  private func file(_ item: Item) -> FileIdentity {
    FileIdentity(
      imageSHA256: item.sha, perceptualHash: item.bits.map { PerceptualHash(bits: $0) }, stamp: nil)
  }

  /// Path → path of the original.
  private func marks() throws -> [String: String] {
    try database.raw { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT path, duplicate_of FROM ranked_images WHERE duplicate_of IS NOT NULL")
      return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as String, $0[1] as String) })
    }
  }

  /// The rule, word for word.
  private func expected(_ items: [Item]) -> [String: String] {
    var originals: [Item] = []
    var marks: [String: String] = [:]
    for item in items.sorted(by: { $0.path < $1.path }) {
      let original = originals.first { earlier in
        if earlier.sha == item.sha { return true }
        guard let a = earlier.bits, let b = item.bits else { return false }
        return (a ^ b).nonzeroBitCount <= 4
      }
      if let original { marks[item.path] = original.path } else { originals.append(item) }
    }
    return marks
  }

  /// Hashes in clusters whose members are 0 to 8 bits apart: chains, where a resembles b and b resembles c, but a
  /// does not resemble c.
  private func items(_ count: Int, seed: Int) -> [Item] {
    var random = Numbers(state: UInt64(seed) &* 7919 &+ 1)
    let centers = (0..<4).map { _ in random.next() }
    return (0..<count).map { index in
      var bits = centers[Int(random.next() % 4)]
      for _ in 0..<Int(random.next() % 5) { bits ^= 1 << (random.next() % 64) }
      let hasHash = random.next() % 8 != 0
      return Item(
        path: "image-\(100 + index)", sha: "sha-\(random.next() % UInt64(count))", bits: hasHash ? bits : nil)
    }
  }

  @Test(arguments: 0..<6) func theRuleInAnyOrderOfWriting(seed: Int) throws {
    let items = items(60, seed: seed)
    var random = Numbers(state: UInt64(seed) &+ 99)
    for item in seed == 0 ? items : items.shuffled(using: &random) { try record(item) }
    let marks = try marks()
    #expect(marks == expected(items))
    #expect(marks.count > 10 && marks.count < 55)
  }

  /// Images that are renamed, changed, confirmed with a hash, or broken one after the other.
  @Test(arguments: 0..<4) func theRuleAfterChanges(seed: Int) throws {
    var items = items(40, seed: seed + 50)
    for item in items { try record(item) }
    var random = Numbers(state: UInt64(seed) &+ 5)
    for step in 0..<40 {
      let index = Int(random.next() % UInt64(items.count))
      let other = items[Int(random.next() % UInt64(items.count))]
      switch step % 4 {
      case 0:
        let newPath = "image-\(100 + random.next() % 40)-\(step)"
        try store.rename(from: items[index].path, to: newPath, file: file(items[index]), run: run)
        items[index].path = newPath
      case 1:
        items[index].bits = other.bits.map { $0 ^ 1 << (random.next() % 64) }
        items[index].sha = "new-\(step)"
        try record(items[index])
      case 2:
        items[index].bits = other.bits
        try store.confirm(path: items[index].path, file: file(items[index]), run: run)
      default:
        try store.recordFailure(path: items[index].path, reason: "broken", hasChanged: true, run: run)
        items.remove(at: index)
      }
      #expect(try marks() == expected(items), "after step \(step)")
    }
    #expect(try database.raw { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check").isEmpty })
  }

  @Test func exactAndNear() throws {
    try record(Item(path: "a", sha: "one", bits: 0xFF))
    try record(Item(path: "b", sha: "one", bits: 0xFF))
    try record(Item(path: "c", sha: "two", bits: 0xF0))
    try record(Item(path: "d", sha: "three", bits: 0xF8 << 8))
    let rows = try database.raw { db in
      try Row.fetchAll(db, sql: "SELECT path, duplicate_of, duplicate FROM ranked_images ORDER BY path")
        .map { "\($0[0] as String) \($0[1] as String? ?? "-") \($0[2] as String? ?? "-")" }
    }
    #expect(rows == ["a - -", "b a exact", "c a near", "d - -"])
    var query = RankingQuery()
    query.leavesOutDuplicates = true
    #expect(try store.rankedImages(run, query).map(\.path) == ["a", "d"])
  }

  /// What repeats an image of another run repeats nothing here.
  @Test func runsAreApart() throws {
    try record(Item(path: "a", sha: "one", bits: 5))
    let other = try store.beginRun(.sample("other"))
    try store.record(
      .uniform(error: 0.5, labels: [4]), path: "b", contentSHA256: "one",
      file: file(Item(path: "b", sha: "one", bits: 5)), run: other)
    #expect(try marks().isEmpty)
  }

  /// A search by bands looks at few rows: every lookup is one in an index, none goes through all images.
  @Test func lookupsUseIndexes() throws {
    for expression in [
      "(perceptual_hash & 8191)", "(perceptual_hash >> 13 & 8191)", "(perceptual_hash >> 26 & 8191)",
      "(perceptual_hash >> 39 & 8191)", "(perceptual_hash >> 52 & 4095)",
    ] {
      for filter in ["", " AND duplicate_of IS NULL"] {
        let plan = try database.raw { db in
          try Row.fetchAll(
            db,
            sql: "EXPLAIN QUERY PLAN SELECT id, perceptual_hash FROM images WHERE run_id = 1 "
              + "AND perceptual_hash IS NOT NULL AND \(expression) = 7" + filter
          ).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].hasPrefix("SEARCH images USING COVERING INDEX images_by_hash_"))
        #expect(plan[0].contains("<expr>=?"), "\(plan)")
      }
    }
  }
}

/// Random numbers that are the same each time (xorshift).
private struct Numbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
