import Auditing
import Testing

@Suite struct ConditionTests {
  private let names = ["error_rate", "images", "failed"]

  @Test(arguments: [
    ("error_rate > 0.05", true), ("error_rate < 0.05", false), ("images = 4", true), ("images != 4", false),
    ("images >= 4 and failed = 0", true), ("images > 4 or failed = 0", true),
    ("not images > 4", true), ("not (images = 4 and failed = 0)", false),
    // "and" binds more tightly than "or".
    ("images = 4 or failed = 1 and failed = 2", true), ("(images = 4 or failed = 1) and failed = 2", false),
    ("error_rate>1e-2 AND images<=4", true), ("error_rate == 0.1", true), ("error_rate > -1", true),
  ]) func holds(_ text: String, _ expected: Bool) throws {
    let condition = try Condition(text, numbers: names)
    #expect(condition.holds(["error_rate": 0.1, "images": 4, "failed": 0]) == expected)
  }

  @Test(arguments: [
    ("", 1, "expected one of: error_rate"), ("error_rat > 1", 1, "unknown name 'error_rat'"),
    ("error_rate ~ 1", 12, "unexpected '~'"), ("error_rate => 1", 12, "expected one of: ="),
    ("error_rate > x", 14, "expected a number"), ("error_rate > 1 images", 16, "expected 'and'"),
    ("(error_rate > 1", 16, "expected ')'"), ("error_rate > 'a'", 14, "expected a number"),
    ("path = 1", 8, "expected a text"), ("path like 'x", 11, "not closed"),
    ("error_rate > 1; DROP TABLE runs", 15, "expected 'and'"), ("error_rate like 1", 12, "expected one of"),
    ("error_rate > 1.2.3", 14, "no number"),
  ]) func says(_ text: String, _ position: Int, _ reason: String) {
    let problem = #expect(throws: Condition.Problem.self) {
      try Condition(text, numbers: names, texts: ["path"])
    }
    #expect(problem?.position == position, "\(problem?.description ?? "")")
    #expect(problem?.reason.contains(reason) == true, "\(problem?.description ?? "")")
  }
}
