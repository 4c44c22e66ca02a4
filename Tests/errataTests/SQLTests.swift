import AuditStore
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3))) struct SQLTests {
  private let audit: SampleAudit

  init() throws { audit = try SampleAudit() }

  private func sql(_ statement: String, _ options: String...) throws -> CommandRun {
    try CommandRun(["sql", statement, "--database", audit.database] + options)
  }

  @Test func answersAsTableCSVAndJSON() throws {
    let statement = "SELECT path, width, expected_error_rate AS rate FROM ranked_images ORDER BY path"
    #expect(
      try sql(statement).output == """
        path          width  rate
        doubtful.jpg     10   0.0
        large.jpg       100  0.25
        small.jpg        12  0.75

        """)
    #expect(
      try sql(statement, "--csv").output == "path,width,rate\ndoubtful.jpg,10,0.0\nlarge.jpg,100,0.25\n"
        + "small.jpg,12,0.75\n")
    let lines = try sql(statement, "--json").output.split(separator: "\n")
    #expect(lines.count == 3 && lines[1] == #"{"path":"large.jpg","rate":0.25,"width":100}"#)
  }

  @Test func functionsLookIntoMaps() throws {
    let run = try sql(
      """
      SELECT path, error_fraction(data, 0.5), round(mean_error(data), 2), round(error_at(data, maps.width, 3, 0), 2),
        error_at(data, maps.width, 0, 1), label_pixels((SELECT data FROM maps AS m WHERE m.image_id = images.id
        AND kind = 'label'), 1) AS cars
      FROM maps JOIN images ON images.id = image_id WHERE kind = 'error' ORDER BY path
      """, "--csv")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output.split(separator: "\n").dropFirst() == [
        "doubtful.jpg,0.0,0.0,0.0,,8", "large.jpg,0.0,0.25,0.25,,20", "small.jpg,1.0,0.75,0.75,,0",
      ])
    #expect(try sql("SELECT mean_error(x'00ff') IS NULL", "--csv").output.hasSuffix("\n1\n"))
  }

  /// On known numbers: 100 pixels in ten rows, the first 30 wrong and of class 0, as all are.
  @Test(arguments: [
    ("error", "error_at(data, 9, 2) || ' ' || error_at(data, 0, 3)", "1.0 0.0"),
    (
      "error",
      "error_at(data, 10, 0) IS NULL AND error_at(data, 0, 10) IS NULL AND error_at(data, -1, 0) IS NULL", "1"
    ),
    ("error", "error_at(data, maps.width, 9, 2)", "1.0"), ("error", "error_fraction(data, 0.5)", "0.3"),
    ("error", "class_error_pixels(data, (SELECT data FROM maps WHERE kind = 'label'), 0)", "30.0"),
    ("error", "class_error_fraction(data, (SELECT data FROM maps WHERE kind = 'label'), 0)", "0.3"),
    ("error", "class_error_fraction(data, (SELECT data FROM maps WHERE kind = 'label'), 1) IS NULL", "1"),
    ("confidence", "low_confidence_fraction(data, 0.5) || ' ' || mean_confidence(data)", "0.0 1.0"),
    ("confidence", "confidence_at(data, 3, 4)", "1.0"), ("label", "label_at(data, 0, 9)", "0"),
    ("label", "label_fraction(data, 0) || ' ' || label_fraction(data, 1)", "1.0 0.0"),
    ("label", "label_pixels(data, 0) || ' ' || map_pixels(data)", "100 100"),
  ]) func functionsOfOneImage(kind: String, expression: String, expected: String) throws {
    let audit = try SampleAudit(runs: "certain")
    let store = try AuditStore(path: audit.database, access: .readWrite)
    try store.record(
      SampleAudit.certain(wrongPixels: 30), path: "a", contentSHA256: "", run: store.run(named: nil))
    let run = try CommandRun(
      "sql", "SELECT \(expression) AS answer FROM maps WHERE kind = '\(kind)'", "--database", audit.database,
      "--csv")
    #expect(run.output == "answer\n\(expected)\n", "\(run.errors)")
  }

  @Test(arguments: ["DELETE FROM images", "UPDATE runs SET name = 'x'", "DROP TABLE maps"])
  func nothingCanBeChanged(_ statement: String) throws {
    let run = try sql(statement)
    #expect(run.status == 1 && run.errors.contains("SQL: attempt to write a readonly database"))
    #expect(try sql("SELECT count(*) FROM images", "--csv").output == "count(*)\n4\n")
  }

  @Test func sayWhatIsWrong() throws {
    let run = try sql("SELECT nonsense FROM images")
    #expect(run.status == 1 && run.errors.contains("SQL: no such column: nonsense"))
    #expect(try CommandRun("sql", "SELECT 1", "--database", "/no/such").errors.contains("no such database"))
  }

  @Test func conditionsChooseImages() throws {
    func paths(_ condition: String) throws -> [String] {
      let run = try CommandRun("query", "--database", audit.database, "--where", condition, "--csv")
      #expect(run.status == 0, "\(run.errors)")
      return run.output.split(separator: "\n").dropFirst().map { String($0.split(separator: ",")[1]) }
    }
    #expect(try paths("error_rate > 0.1 and width < 50") == ["small.jpg"])
    #expect(try paths("not path like \"%l%.jpg\"") == [])
    #expect(try paths("path like 'd%' or wrong_pixels >= 25") == ["large.jpg", "doubtful.jpg"])
    #expect(try paths("path = \"x'; DROP TABLE images; --\"") == [])
    let wrong = try CommandRun("query", "--database", audit.database, "--where", "size > 3")
    #expect(wrong.status == 64 && wrong.errors.contains("character 1: unknown name 'size'"))
  }

  @Test(arguments: [("error_rate > 0.2", 3), ("error_rate > 0.5", 0), ("failed > 0 and images = 3", 3)])
  func failIf(_ condition: String, _ status: Int32) throws {
    let run = try CommandRun("query", "--database", audit.database, "--top", "1", "--fail-if", condition)
    #expect(run.status == status)
    #expect(run.output.contains("small.jpg"))
  }

  @Test func compare() throws {
    let store = try AuditStore(path: audit.database, access: .readWrite)
    let second = try store.beginRun(SampleAudit.description("second"))
    try store.record(
      SampleAudit.uniform(error: 0.05, confidence: 1, entropy: 0, labels: [80, 20, 0]), path: "large.jpg",
      contentSHA256: "00", run: second)
    try store.record(
      SampleAudit.uniform(error: 1, confidence: 1, entropy: 0, labels: [0, 0, 12]), path: "small.jpg",
      contentSHA256: "01", run: second)
    try store.record(
      SampleAudit.uniform(error: 0, confidence: 1, entropy: 0, labels: [5, 0, 0]), path: "new.jpg",
      contentSHA256: "00", run: second)
    let run = try CommandRun("compare", "first", "second", "--database", audit.database)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output.hasPrefix(
        "2 images in both runs; expected wrong pixels 34 → 17 (-50.0 %); fewer in 1; 1 files"))
    #expect(run.output.contains("only in 'first': 1\nonly in 'second': 1"))
    #expect(run.output.contains("   25.00 %    5.00 %           -20  large.jpg"))
    let json = try #require(
      CommandRun("compare", "first", "second", "--database", audit.database, "--json").json()
        as? [String: Any])
    #expect(json["onlyAfter"] as? [String] == ["new.jpg"])
    #expect(
      (json["images"] as? [[String: Any]])?.map { $0["path"] as? String } == ["large.jpg", "small.jpg"])
    #expect(
      try CommandRun("compare", "first", "x", "--database", audit.database).errors.contains("no run 'x'"))
  }
}
