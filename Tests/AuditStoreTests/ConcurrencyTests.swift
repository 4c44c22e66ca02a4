import AuditStore
import Auditing
import Dispatch
import Foundation
import GRDB
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct ConcurrencyTests {
  private let database: SampleDatabase

  init() throws { database = try SampleDatabase() }

  /// What went wrong in `count` threads at once.
  private func failures(_ count: Int, _ body: @Sendable (Int) throws -> Void) -> [String] {
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: count) { index in
      do {
        try body(index)
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    return failures.withLock { $0 }
  }

  @Test func severalMakeTheFileAtOnce() throws {
    for round in 0..<50 {
      let path = database.folder.appendingPathComponent("round-\(round).sqlite").path
      let found = failures(4) { index in
        let store = try AuditStore(path: path, access: .readWrite)
        _ = try store.beginRun(.sample("run \(index)"))
      }
      #expect(found == [])
      #expect(try AuditStore(path: path, access: .readOnly).runs().count == 4)
    }
  }

  /// Two audits of one run: what one has written, the other leaves alone; nothing is lost.
  @Test func twoStoresWriteTheSameImages() throws {
    let path = database.path
    _ = try database.open()
    let found = failures(2) { index in
      let store = try AuditStore(path: path, access: .readWrite)
      let run = try store.beginRun(.sample())
      let numbers = index == 0 ? Array(0..<40) : Array((0..<40).reversed())
      for number in numbers {
        try store.record(.sample(seed: number), path: "\(number)", contentSHA256: "\(index)", run: run)
      }
    }
    #expect(found == [])
    let store = try database.open(.readOnly)
    let images = try store.rankedImages(store.run(named: "first"), RankingQuery())
    #expect(images.count == 40 && Set(images.map(\.path)).count == 40)
    #expect(try database.count("maps") == 160)
    for image in images {
      let number = try #require(Int(image.path))
      #expect(try store.maps(of: image) == ImageAudit.sample(seed: number).maps)
    }
  }

  @Test func readersSeeWholeImagesWhileOneWrites() throws {
    let path = database.path
    let store = try database.open()
    let run = try store.beginRun(.sample())
    let isDone = Atomic<Bool>(false)
    let seen = Atomic<Int>(0)
    let found = failures(2) { index in
      if index == 0 {
        defer { isDone.store(true, ordering: .relaxed) }
        for number in 0..<150 {
          try store.record(.sample(seed: number), path: "\(number)", contentSHA256: "", run: run)
        }
      } else {
        repeat {
          let reader = try AuditStore(path: path, access: .readOnly)
          let images = try reader.rankedImages(reader.run(named: nil), RankingQuery())
          for image in images.prefix(5) {
            let audit = ImageAudit.sample(seed: Int(image.path) ?? -1)
            let isWhole =
              try reader.maps(of: image) == audit.maps && reader.classes(of: image) == audit.classes
            if !isWhole { throw AuditStoreError(file: image.path, reason: "not whole") }
          }
          seen.add(1, ordering: .relaxed)
        } while !isDone.load(ordering: .relaxed)
      }
    }
    #expect(found == [])
    #expect(seen.load(ordering: .relaxed) > 0)
    #expect(try store.totals(run).imageCount == 150)
  }

  /// A reader that has begun keeps its picture of the run; the writer does not wait for it.
  @Test func aRankingIsOfOneMoment() throws {
    let store = try database.open()
    let run = try store.beginRun(.sample())
    for number in 0..<3 {
      try store.record(.sample(seed: number), path: "\(number)", contentSHA256: "", run: run)
    }
    let reader = try database.open(.readOnly)
    let paths = Mutex<[String]>([])
    try reader.forEachRankedImage(run, RankingQuery()) { image in
      try store.record(.sample(seed: 7), path: "late-\(image.path)", contentSHA256: "", run: run)
      paths.withLock { $0.append(image.path) }
    }
    #expect(paths.withLock { $0.sorted() } == ["0", "1", "2"])
    #expect(try reader.totals(run).imageCount == 6)
  }
}
