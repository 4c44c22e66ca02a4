import AuditStore
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3))) struct QueryTests {
  private let audit: SampleAudit

  init() throws { audit = try SampleAudit() }

  private func query(_ arguments: String...) throws -> CommandRun {
    try CommandRun(["query", "--database", audit.database] + arguments)
  }

  /// The paths in the order of the table.
  private func paths(_ arguments: String...) throws -> [String] {
    let run = try CommandRun(["query", "--database", audit.database] + arguments)
    return run.output.split(separator: "\n").drop { !$0.hasPrefix("   #") }.dropFirst().map {
      String($0.split(separator: " ").last ?? "")
    }
  }

  @Test func table() throws {
    let run = try query()
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(
      run.output == """
        by error-rate: mean error probability of the image's pixels
           #  error rate  wrong pixels  worst region  image
           1     75.00 %             9             9  small.jpg
           2     25.00 %            25             0  large.jpg
           3      0.00 %             0             0  doubtful.jpg

        """)
  }

  @Test(arguments: [
    ("error-rate", ["small.jpg", "large.jpg", "doubtful.jpg"]),
    ("wrong-pixels", ["large.jpg", "small.jpg", "doubtful.jpg"]),
    ("worst-region", ["small.jpg", "doubtful.jpg", "large.jpg"]),
    ("class-balanced", ["small.jpg", "large.jpg", "doubtful.jpg"]),
    ("gain-per-minute", ["small.jpg", "doubtful.jpg", "large.jpg"]),
    ("entropy", ["doubtful.jpg", "large.jpg", "small.jpg"]),
    ("confidence", ["doubtful.jpg", "large.jpg", "small.jpg"]),
  ]) func orders(order: String, expected: [String]) throws {
    #expect(try paths("--order", order) == expected)
    #expect(try paths("--order", order, "--top", "2") == Array(expected.prefix(2)))
  }

  @Test func minimumError() throws {
    #expect(try paths("--minimum-error", "0.25") == ["small.jpg", "large.jpg"])
    let none = try query("--minimum-error", "0.9")
    #expect(none.status == 0)
    #expect(none.output.hasSuffix("\n   #  error rate  wrong pixels  worst region  image\n"))
  }

  @Test func oneClass() throws {
    let run = try query("--class", "car", "--order", "wrong-pixels")
    #expect(
      run.output == """
        by wrong-pixels: sum of the error probability over the image's pixels, of the pixels labelled car
           #  error rate  wrong pixels  worst region  image  of car
           1     25.00 %             5             0  large.jpg
           2      0.00 %             0             0  doubtful.jpg

        """)
    let unknown = try query("--class", "boat")
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("No class 'boat' in run 'first'; there are: road, car, tree."))
  }

  @Test func json() throws {
    let run = try query("--json", "--class", "tree")
    #expect(run.status == 0)
    let answer = try #require(try run.json() as? [String: Any])
    #expect(answer["order"] as? String == "error-rate" && answer["run"] as? String == "first")
    #expect((answer["aggregation"] as? String)?.hasSuffix("of the pixels labelled tree") == true)
    let images = try #require(answer["images"] as? [[String: Any]])
    #expect(images.map { $0["orderValue"] as? Double } == [0.75, 0])
    #expect(images.map { $0["path"] as? String } == ["small.jpg", "doubtful.jpg"])
    #expect(images.map { $0["position"] as? Int } == [1, 2])
    let numbers: [(String, Double)] = [
      ("width", 12), ("height", 1), ("expectedErrorRate", 0.75), ("expectedWrongPixels", 9),
      ("worstRegionPixels", 9), ("errorP50", 0.75), ("errorP99", 0.75), ("meanConfidence", 0.875),
      ("meanEntropy", 0.25), ("classPixels", 12), ("classExpectedWrongPixels", 9),
    ]
    for (key, value) in numbers { #expect(images[0][key] as? Double == value, "\(key)") }
    #expect(images[0]["className"] as? String == "tree")
    let none = try query("--json", "--minimum-error", "1")
    #expect(try ((none.json() as? [String: Any])?["images"] as? [Any])?.isEmpty == true)
  }

  @Test func csv() throws {
    #expect(
      try query("--csv", "--top", "1").output == """
        position,path,width,height,expectedErrorRate,errorRateLower,errorRateUpper,expectedWrongPixels,worstRegionPixels,\
        errorP50,errorP90,errorP95,errorP99,meanConfidence,meanEntropy,className,classPixels,classExpectedWrongPixels,order,orderValue,\
        worstRegionPixelsLower,worstRegionPixelsUpper
        1,small.jpg,12,1,0.75,,,9.0,9.0,0.75,0.75,0.75,0.75,0.875,0.25,,,,error-rate,0.75,,

        """)
    let ofClass = try query("--csv", "--class", "car").output.split(separator: "\n")
    #expect(ofClass[1].hasSuffix(",car,20,5.0,error-rate,0.25,,"))
  }

  @Test(arguments: ["a,b.jpg", "a\"b.jpg", "a\nb.jpg", "a\r\nb.jpg"]) func csvQuotesPaths(path: String) throws
  {
    let store = try AuditStore(path: audit.database, access: .readWrite)
    let run = try store.beginRun(SampleAudit.description("second"))
    try store.record(SampleAudit.certain(wrongPixels: 5), path: path, contentSHA256: "", run: run)
    let quoted = "\"" + path.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    #expect(try query("--csv").output.contains("\n1,\(quoted),10,10,"))
  }

  @Test func theLatestRunUnlessOneIsNamed() throws {
    let store = try AuditStore(path: audit.database, access: .readWrite)
    let run = try store.beginRun(SampleAudit.description("second"))
    try store.record(SampleAudit.certain(wrongPixels: 5), path: "new.jpg", contentSHA256: "", run: run)
    #expect(try paths() == ["new.jpg"])
    #expect(try paths("--run", "first", "--top", "1") == ["small.jpg"])
  }
}
