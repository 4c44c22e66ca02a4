import AuditStore
import Auditing
import Foundation
import Testing

/// `query --budget`, `--per-folder`, costs and intervals, on images with embeddings.
@Suite(.timeLimit(.minutes(3))) struct BudgetTests {
  private let audit: SampleAudit

  /// In two folders; the first two look alike, and so do the last two.
  private static let images: [(path: String, error: Float, embedding: [Float])] = [
    ("day/a.jpg", 0.5, [1, 0.1]), ("day/b.jpg", 0.45, [1, 0.11]), ("night/c.jpg", 0.25, [0, 1]),
    ("night/d.jpg", 0.125, [0.1, 0.8]),
  ]

  init() throws {
    audit = try SampleAudit(runs: "first")
    let store = try AuditStore(path: audit.database, access: .readWrite)
    let run = try store.run(named: nil)
    for (path, error, embedding) in Self.images {
      let filled = { (value: Float) in [Float](repeating: value, count: 100) }
      let prediction = PixelPrediction(
        width: 10, height: 10, classCount: 3, labels: [UInt8](repeating: 1, count: 100),
        errorProbability: filled(error), confidence: filled(1), entropy: filled(0), embedding: embedding)
      try store.record(
        ImageAudit(prediction, regions: RegionSettings()), path: path, contentSHA256: path, run: run)
    }
    try store.record(
      RunIntervals(
        overall: ErrorRateInterval(
          estimate: 0.33, lower: 0.25, upper: 0.41, coverage: 0.95, calibrationImages: 40),
        byClass: [
          1: ErrorRateInterval(estimate: 0.3, lower: 0.2, upper: 0.4, coverage: 0.95, calibrationImages: 9)
        ],
        ofImage: ErrorRateRatio(lower: 0.5, upper: 1.75, coverage: 0.95, calibrationImages: 40),
        ofImageByClass: [1: ErrorRateRatio(lower: 0.25, upper: 2, coverage: 0.95, calibrationImages: 9)],
        ofRegion: RegionErrorRatios(
          worst: ErrorRateRatio(lower: 0.5, upper: 1.5, coverage: 0.95, calibrationImages: 40))),
      run: run)
  }

  private func paths(_ arguments: String...) throws -> [String] {
    let run = try CommandRun(["query", "--database", audit.database, "--csv"] + arguments)
    #expect(run.status == 0, "\(run.errors)")
    return run.output.split(separator: "\n").dropFirst().map { String($0.split(separator: ",")[1]) }
  }

  @Test func aSetIsNotAList() throws {
    #expect(try paths("--top", "2") == ["day/a.jpg", "day/b.jpg"])
    #expect(try paths("--budget", "2") == ["day/a.jpg", "night/c.jpg"])
    // Alike images never both, even where the budget is left over.
    #expect(try paths("--budget", "4") == ["day/a.jpg", "night/c.jpg"])
    #expect(try paths("--budget", "4", "--maximum-similarity", "1").count == 4)
    #expect(
      try paths("--budget", "2", "--where", "path like 'night/%'", "--maximum-similarity", "1").count == 2)
    #expect(try paths("--budget", "3", "--class", "road") == [])
    // Only the two worst take part; of two images neither is the more usual one.
    #expect(try paths("--budget", "2", "--candidates", "2") == ["day/a.jpg", "day/b.jpg"])
  }

  @Test func limitsPerFolder() throws {
    #expect(try paths("--per-folder", "1") == ["day/a.jpg", "night/c.jpg"])
    #expect(try paths("--per-folder", "1", "--top", "1") == ["day/a.jpg"])
    #expect(
      try paths("--budget", "4", "--per-folder", "1", "--maximum-similarity", "1").map { $0.prefix(3) }
        .sorted()
        == ["day", "nig"])
  }

  @Test func theHeaderSaysHowAndHowSure() throws {
    let run = try CommandRun(
      "query", "--database", audit.database, "--budget", "2", "--order", "gain-per-minute",
      "--seconds-per-image", "30")
    let lines = run.output.split(separator: "\n")
    #expect(lines[0] == "error rate of the run: 33.00 %, 95 % interval 25.00 to 41.00 %")
    #expect(
      lines[1].hasPrefix("by gain-per-minute: sum of the error probability over the image's regions, divided")
    )
    #expect(lines[2].contains("30.0 s an image, 7.0 s a region, 0.1 s a pixel"))
    #expect(
      lines[3].contains("a set of 2 from 4 images, diversity 0.5; never two with a similarity above 0.95"))
    // 50 wrong pixels in 30 + 7 + 0.1 · 40 seconds.
    #expect(lines[5].contains("73.1707"), "\(lines[5])")
    let json = try #require(
      CommandRun("query", "--database", audit.database, "--class", "car", "--json").json() as? [String: Any])
    #expect((json["errorRateInterval"] as? [String: Any])?["upper"] as? Double == 0.4)
  }

  /// Of images, in the table, in CSV, in JSON, and in the database's view.
  @Test func imagesHaveIntervals() throws {
    let list = { try CommandRun(["query", "--database", audit.database, "--top", "1"] + $0) }
    let lines = try list([]).output.split(separator: "\n")
    #expect(lines[2] == "   #  error rate      95 % interval  wrong pixels  worst region  image")
    #expect(lines[3].hasPrefix("   1     50.00 %   25.00 to 87.50 %            50 "), "\(lines[3])")
    let ofClass = try list(["--class", "car"]).output.split(separator: "\n")
    #expect(ofClass[3].contains(" 50.00 %  12.50 to 100.00 %"), "\(ofClass[3])")
    #expect(try list(["--csv"]).output.contains(",0.5,0.25,0.875,50.0,"))
    let json = try #require(list(["--json"]).json() as? [String: Any])
    let image = try #require((json["images"] as? [[String: Any]])?.first)
    #expect(image["errorRateLower"] as? Double == 0.25 && image["errorRateUpper"] as? Double == 0.875)
    let view = try CommandRun(
      "sql", "SELECT lower_error_rate, upper_error_rate FROM ranked_images ORDER BY position LIMIT 1",
      "--database", audit.database, "--csv")
    #expect(view.output.hasSuffix("\n0.25,0.875\n"), "\(view.output)")
  }

  /// Of the worst region: a region of 100 pixels with 0.5.
  @Test func worstRegionsHaveIntervals() throws {
    let list = { try CommandRun(["query", "--database", audit.database, "--order", "worst-region"] + $0) }
    let lines = try list([]).output.split(separator: "\n")
    #expect(lines[2].hasSuffix("wrong pixels  worst region   95 % interval  image"), "\(lines[2])")
    #expect(lines[3].hasSuffix("            50            50        25 to 75  day/a.jpg"), "\(lines[3])")
    // One without a region.
    #expect(lines[5].hasSuffix("             0               –  night/c.jpg"), "\(lines[5])")
    #expect(try list(["--csv", "--top", "1"]).output.hasSuffix(",worst-region,50.0,25.0,75.0\n"))
    let json = try list(["--json"]).json()
    #expect(try JSONSchema(named: "query").problems(json) == [])
    let images = try #require((json as? [String: Any])?["images"] as? [[String: Any]])
    #expect(images[0]["worstRegionPixelsLower"] as? Double == 25)
    #expect(images[0]["worstRegionPixelsUpper"] as? Double == 75)
    #expect(images[2]["worstRegionPixelsUpper"] == nil)
  }

  @Test func defaultCostsAreTheDatabases() throws {
    let values = try CommandRun(
      "sql", "SELECT gain_per_minute FROM images WHERE path = 'day/a.jpg'", "--database", audit.database,
      "--csv")
    let cost = AnnotationCost().seconds(regions: 1, boundaryLength: 40)
    let stored = Double(values.output.split(separator: "\n")[1]) ?? 0
    #expect(abs(stored - 60 * 50 / cost) < 1e-9)
    #expect(
      try paths("--order", "gain-per-minute")
        == paths("--order", "gain-per-minute", "--seconds-per-image", "21"))
  }

  @Test(arguments: [
    ["--budget", "0"], ["--budget", "2", "--top", "2"], ["--diversity", "2"], ["--per-folder", "0"],
    ["--candidates", "5"], ["--budget", "5", "--candidates", "4"], ["--budget", "20001"],
    ["--budget", "5", "--candidates", "20001"],
    ["--seconds-per-image", "0"], ["--seconds-per-region", "-1"], ["--maximum-similarity", "1.5"],
  ]) func wrongUsage(arguments: [String]) throws {
    #expect(try CommandRun(["query", "--database", audit.database] + arguments).status == 64)
  }

  @Test func withoutEmbeddings() throws {
    let old = try SampleAudit()
    let run = try CommandRun("query", "--database", old.database, "--budget", "2")
    #expect(run.status == 1 && run.errors.contains("has no embedding"))
  }
}
