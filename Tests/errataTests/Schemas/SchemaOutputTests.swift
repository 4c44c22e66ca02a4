import AuditStore
import Auditing
import Foundation
import Imaging
import Testing

/// What `--json` prints follows the schemas in `schema/json`.
@Suite(.timeLimit(.minutes(3))) struct SchemaOutputTests {
  private func check(_ schema: String, _ arguments: String...) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 0, "\(arguments[0]): \(run.errors)")
    #expect(try JSONSchema(named: schema).problems(run.json()) == [], "\(arguments)")
  }

  @Test func querySQLAndCompare() throws {
    let audit = try SampleAudit()
    let database = ["--database", audit.database, "--json"]
    for order in RankingOrder.allCases {
      let run = try CommandRun(["query", "--order", order.rawValue, "--class", "car"] + database)
      #expect(try JSONSchema(named: "query").problems(run.json()) == [], "\(order)")
    }
    try check("query", "query", "--database", audit.database, "--json")
    let store = try AuditStore(path: audit.database, access: .readWrite)
    let second = try store.beginRun(SampleAudit.description("second"))
    try store.record(
      SampleAudit.uniform(error: 0.5, confidence: 1, entropy: 0, labels: [0, 0, 12]), path: "small.jpg",
      contentSHA256: "01", run: second)
    try check("compare", "compare", "first", "second", "--database", audit.database, "--json")
    let rows = try CommandRun(["sql", "SELECT 1 AS a, 'x' AS b, NULL AS c, x'00' AS d, 0.5 AS e"] + database)
    for line in rows.output.split(separator: "\n") {
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8))
      #expect(try JSONSchema(named: "sql").problems(row) == [])
    }
  }

  @Test func evaluate() throws {
    let audit = try SampleAudit.certain()
    try check(
      "evaluate", "evaluate", "--database", audit.database, "--masks", audit.folder.path("truth"), "--json")
  }

  /// Calibrate, audit, query a set, and accept, as a user would.
  @Test func calibrateAuditAndAccept() throws {
    let audit = try SmallAudit()
    try SmallModel.writeImages(9, width: 48, height: 40, to: audit.folder.url("images"))
    for index in 0..<9 {
      let mask = (0..<48 * 40).map { $0 % 7 == 0 ? 255 : UInt8(($0 / 48 + index) % 3) }
      try AtomicFile.write(
        PNGEncoder.encode(grey: mask, width: 48, height: 40),
        to: audit.folder.url("masks/\(index % 2 == 0 ? "even" : "odd")/\(index).png"))
    }
    let (images, model) = (audit.folder.path("images"), audit.folder.path("model.safetensors"))
    try check(
      "calibrate", "calibrate", "--model", model, "--images", images, "--masks", audit.folder.path("masks"),
      "--json")
    let database = audit.folder.path("audit.sqlite")
    try check("audit", "audit", images, "--model", model, "--database", database, "--json")
    try check("query", "query", "--database", database, "--json", "--budget", "3")
    try check("query", "query", "--database", database, "--json", "--order", "gain-per-minute")
    let calibration = audit.folder.path("model.calibration.json")
    for maximum in ["0.9", "0.001"] {
      let common = [
        "accept", "--database", database, "--calibration", calibration, "--maximum-error", maximum,
        "--confidence", "0.6", "--json",
      ]
      let run = try CommandRun(common)
      #expect(try JSONSchema(named: "accept").problems(run.json()) == [], "\(run.errors)")
      let masks = audit.folder.path("to-do")
      let pixels = try CommandRun(common + ["--pixels", "--masks", masks])
      #expect(try JSONSchema(named: "accept-pixels").problems(pixels.json()) == [], "\(pixels.errors)")
      let answer = try #require(pixels.json() as? [String: Any])
      let drawn = try (0..<9).reduce(0) { sum, index in
        let url = audit.folder.url("to-do/\(index % 2 == 0 ? "even" : "odd")/\(index).png")
        return sum + (try MaskFile.decode(at: url, colors: nil).labels.count { $0 == 0 })
      }
      #expect(answer["passing"] as? Int == drawn)
      #expect(answer["pixels"] as? Int == 9 * 48 * 40)
      #expect((answer["maximumErrorProbability"] == nil) == (drawn == 0))
    }
  }

  /// The validator itself: each keyword refuses something.
  @Test func whatDoesNotFitIsNamed() throws {
    let schema = try JSONSchema(
      text: """
        {"type": "object", "required": ["a"], "additionalProperties": false, "properties": {
          "a": {"type": "integer", "minimum": 1, "maximum": 3}, "b": {"enum": ["x"]},
          "c": {"type": "array", "items": {"$ref": "#/$defs/flag"}},
          "d": {"anyOf": [{"type": "null"}, {"type": "string"}]}}, "$defs": {"flag": {"type": "boolean"}}}
        """)
    func problems(_ text: String) throws -> [String] {
      try schema.problems(JSONSerialization.jsonObject(with: Data(text.utf8)))
    }
    #expect(try problems(#"{"a": 2, "b": "x", "c": [true, false], "d": null}"#) == [])
    for text in [
      "[]", "{}", #"{"a": 0}"#, #"{"a": 4}"#, #"{"a": 1.5}"#, #"{"a": true}"#, #"{"a": 1, "b": "y"}"#,
      #"{"a": 1, "c": [1]}"#, #"{"a": 1, "d": 2}"#, #"{"a": 1, "e": 2}"#,
    ] { #expect(try problems(text).count == 1, "\(text)") }
    #expect(try JSONSchema(text: #"{"maxLength": 3}"#).problems("abc") == ["$: keyword maxLength"])
  }
}
