import Foundation
import Imaging
import Testing

/// From the masks of a calibration to the intervals of an audit's regions, and back to the truth.
@Suite(.timeLimit(.minutes(5))) struct RegionIntervalTests {
  private let audit: SmallAudit
  private var folder: TemporaryFolder { audit.folder }

  /// As many images as 95 % take at least, and a few more. The small model has learned nothing: its labels are wrong in
  /// two of three pixels, and regions are large.
  init() throws {
    audit = try SmallAudit()
    try SmallModel.writeImages(42, width: 48, height: 40, to: folder.url("images"))
    for index in 0..<42 {
      let mask = (0..<48 * 40).map { $0 % 7 == 0 ? 255 : UInt8(($0 / 48 / 5 + $0 % 48 / 6 + index) % 3) }
      try AtomicFile.write(
        PNGEncoder.encode(grey: mask, width: 48, height: 40),
        to: folder.url("masks/\(index % 2 == 0 ? "even" : "odd")/\(index).png"))
    }
  }

  private func run(_ arguments: String...) throws -> CommandRun {
    let run = try CommandRun(arguments)
    #expect(run.status == 0, "\(arguments): \(run.errors)")
    return run
  }

  private func count(_ condition: String, run: String) throws -> Int {
    let answer = try self.run(
      "sql", "SELECT count(*) FROM worst_regions WHERE run = '\(run)' AND \(condition)", "--database",
      folder.path("audit.sqlite"), "--csv")
    return try #require(Int(answer.output.split(separator: "\n")[1]))
  }

  @Test func fromCalibrationToEvaluation() throws {
    let (images, model) = (folder.path("images"), folder.path("model.safetensors"))
    let database = ["--database", folder.path("audit.sqlite")]
    let calibrated = try run(
      "calibrate", "--model", model, "--images", images, "--masks", folder.path("masks"))
    #expect(
      calibrated.output.contains(/true error rate of an image's worst region: \d\.\d\d to \d\.\d\d times/),
      "\(calibrated.output)")
    let audited = try CommandRun(["audit", images, "--model", model, "--run", "known"] + database)
    #expect(audited.status == 0 && !audited.errors.contains("regions"), "\(audited.errors)")
    #expect(
      try count("lower_error_rate <= mean_error_probability AND upper_error_rate <= 1", run: "known") >= 42)
    let listed = try CommandRun(["query", "--order", "worst-region", "--run", "known", "--csv"] + database)
    #expect(listed.output.split(separator: "\n").dropFirst().allSatisfy { !$0.hasSuffix(",") })
    // The images of the calibration themselves: nearly all lie inside.
    let evaluated = try CommandRun(
      ["evaluate", "--run", "known", "--masks", folder.path("masks"), "--json"] + database)
    #expect(try JSONSchema(named: "evaluate").problems(evaluated.json()) == [])
    let regions = try #require((try evaluated.json() as? [String: Any])?["regions"] as? [String: Any])
    #expect(regions["count"] as? Int ?? 0 >= 42)
    #expect(regions["worstInInterval"] as? Double ?? 0 > 0.9)
    let table = try CommandRun(["evaluate", "--run", "known", "--masks", folder.path("masks")] + database)
    #expect(table.output.contains("regions whose true error rate lies in their interval"))
    let exported = try CommandRun(
      ["export", "--format", "csv", "--run", "known", "--output", folder.path("out")] + database)
    #expect(exported.status == 0)
    let line = try String(contentsOf: folder.url("out/regions.csv"), encoding: .utf8).split(separator: "\n")[
      1]
    let fields = line.split(separator: ",", omittingEmptySubsequences: false).compactMap { Double($0) }
    #expect(fields.count == 9 && fields[6] <= fields[5] && fields[7] <= 1, "\(line)")
    try withoutIntervals(images, model)
  }

  /// Where the regions are not those of the calibration, and where that is of an older version.
  private func withoutIntervals(_ images: String, _ model: String) throws {
    let arguments = ["audit", images, "--model", model, "--database", folder.path("audit.sqlite")]
    let other = try CommandRun(arguments + ["--run", "other", "--minimum-region-area", "20"])
    #expect(other.status == 0)
    #expect(other.errors.contains("regions get no intervals: the calibration found its own by another"))
    #expect(try count("upper_error_rate IS NULL", run: "other") > 0)
    #expect(try count("upper_error_rate IS NOT NULL", run: "other") == 0)
    let file = folder.url("model.calibration.json")
    var json = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var report = try #require(json["report"] as? [String: Any])
    report["regionSettings"] = nil
    report["images"] = try #require(report["images"] as? [[String: Any]]).map {
      $0.filter { $0.key != "regions" }
    }
    json["report"] = report
    try JSONSerialization.data(withJSONObject: json).write(to: file)
    let old = try CommandRun(arguments + ["--run", "old"])
    #expect(old.status == 0)
    #expect(old.errors.contains("regions get no intervals: the calibration is of an older version"))
    #expect(try count("upper_error_rate IS NOT NULL", run: "old") == 0)
  }
}
