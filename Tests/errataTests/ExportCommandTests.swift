import AuditStore
import Auditing
import Foundation
import Imaging
import Testing

/// `errata export` and `errata report` over a run of two images, `street/a.png` and `street/b.png`.
@Suite(.timeLimit(.minutes(5))) struct ExportCommandTests {
  private let project: Project

  init() throws { project = try Project() }

  @Test func csvFilesHaveARowForEachImageClassAndRegion() throws {
    let run = try project.run("export", "--format", "csv", "--output", project.path("out"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == project.path("out") + "\n")
    let images = try project.lines("out/images.csv")
    #expect(images.count == 3)
    // The worst first: 0.75 in b, 0.25 in a.
    #expect(images[1].hasPrefix("1,street/b.png,4,3,0.75,,,9.0,9.0,"))
    #expect(images[2].hasPrefix("2,street/a.png,4,3,0.25,,,3.0,0.0,"))
    #expect(
      try project.lines("out/classes.csv").dropFirst() == [
        "0,road,#804080,2,8,4.0,0.5", "1,\"car, parked\",#00008e,2,16,8.0,0.5",
      ])
    #expect(try project.lines("out/image-classes.csv").count == 5)
    #expect(
      try project.lines("out/regions.csv").dropFirst() == [
        "street/b.png,\"car, parked\",0,0,4,3,12,0.75,,,9.0"
      ])
    #expect(try project.entries("out") == ["classes.csv", "image-classes.csv", "images.csv", "regions.csv"])
  }

  @Test func jsonIsOneDocument() throws {
    #expect(
      try project.run("export", "--format", "json", "--output", project.path("out"), "--top", "1").status == 0
    )
    let data = try Data(contentsOf: project.url("out/audit.json"))
    let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let images = try #require(object["images"] as? [[String: Any]])
    #expect(images.map { $0["path"] as? String } == ["street/b.png"])
    #expect((images[0]["regions"] as? [[String: Any]])?.first?["areaPixels"] as? Int == 12)
    // Totals are those of the run, whatever --top says.
    #expect((object["totals"] as? [String: Any])?["imageCount"] as? Int == 2)
  }

  @Test func masksHoldTheLabelsAndTheColours() throws {
    #expect(try project.run("export", "--format", "masks", "--output", project.path("out")).status == 0)
    let url = project.url("out/street/a.png")
    #expect(try MaskFile.decode(at: url).labels == Project.labels)
    let colors = try ImageFile.decode(at: url).pixels
    #expect(Array(colors.prefix(3)) == [128, 64, 128])
    #expect(Array(colors.suffix(3)) == [0, 0, 142])
    #expect(try project.entries("out/street") == ["a.png", "b.png"])
  }

  @Test func errorMapsAreGrey() throws {
    #expect(try project.run("export", "--format", "error-maps", "--output", project.path("out")).status == 0)
    // 0.25 and 0.75 of 255, rounded.
    #expect(
      try MaskFile.decode(at: project.url("out/street/a.png")).labels == [UInt8](repeating: 64, count: 12))
    #expect(
      try MaskFile.decode(at: project.url("out/street/b.png")).labels == [UInt8](repeating: 191, count: 12))
  }

  @Test func overlaysStandSideBySide() throws {
    let run = try project.run("export", "--format", "overlays", "--output", project.path("out"))
    #expect(run.status == 0, "\(run.errors)")
    let size = try ImageFile.size(at: project.url("out/street/b.jpg"))
    #expect(size == (width: 20, height: 3))
  }

  @Test(arguments: [
    (Project.Change.removed, "no such file"), (.resized, "has 5×3 pixels now, but 4×3 when it was audited"),
    (.repainted, "has changed since it was audited"), (.damaged, "damaged PNG"),
  ])
  fileprivate func anImageThatIsNotTheAuditedOneIsNamed(change: Project.Change, reason: String) throws {
    try project.apply(change, to: "street/b.png")
    let overlays = try project.run("export", "--format", "overlays", "--output", project.path("out"))
    #expect(overlays.status == 1)
    #expect(overlays.errors.contains(project.path("images/street/b.png") + ": "))
    #expect(overlays.errors.contains(reason))
    #expect(overlays.output.isEmpty)
    // Masks need no image.
    #expect(try project.run("export", "--format", "masks", "--output", project.path("masks")).status == 0)
    // The page says so and shows the rest.
    let report = try project.run("report", "--output", project.path("page.html"))
    #expect(report.status == 2)
    #expect(report.errors.contains(reason))
    let page = try String(contentsOf: project.url("page.html"), encoding: .utf8)
    #expect(page.contains("The image cannot be shown") && page.contains(reason))
  }

  @Test func pageIsWrittenWhereItIsAskedFor() throws {
    let run = try project.run("report", "--output", project.path("new/page.html"), "--top", "1")
    #expect(run.status == 0 && run.output == project.path("new/page.html") + "\n")
    #expect(try project.entries("new") == ["page.html"])
    let page = try String(contentsOf: project.url("new/page.html"), encoding: .utf8)
    #expect(page.contains("street/b.png") && !page.contains("street/a.png"))
  }

  @Test func twoImagesOfOneNameAreRefusedBeforeAnythingIsWritten() throws {
    try project.record("street/a.jpg", error: 0.5)
    let run = try project.run("export", "--format", "masks", "--output", project.path("out"))
    #expect(run.status == 1)
    #expect(run.errors.contains("'street/a.jpg'") && run.errors.contains("'street/a.png'"))
    #expect(!FileManager.default.fileExists(atPath: project.path("out")))
  }

  @Test func aPathOutOfTheFolderIsRefused() throws {
    try project.record("../escaped.png", error: 0.5)
    let run = try project.run("export", "--format", "masks", "--output", project.path("out"))
    #expect(run.status == 1 && run.errors.contains("'../escaped.png'"))
    #expect(!FileManager.default.fileExists(atPath: project.path("escaped.png")))
  }

  @Test(arguments: [["--format", "xml"], ["--format", "csv", "--top", "0"]])
  func wrongUsageIsSaid(arguments: [String]) throws {
    #expect(try project.run(["export", "--output", project.path("out")] + arguments).status == 64)
  }
}

/// An audited folder with its database, gone after the test.
private final class Project {
  enum Change { case removed, resized, repainted, damaged }

  static let labels: [UInt8] = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]

  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "errata-export-\(UUID().uuidString)")
  private let store: AuditStore
  private let auditRun: AuditRun

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try AuditStore(path: folder.appendingPathComponent("audit.sqlite").path, access: .readWrite)
    auditRun = try store.beginRun(
      AuditRunDescription(
        name: "first", folder: folder.appendingPathComponent("images").path, modelPath: "/model",
        modelSHA256: "aa", configuration: "{}", programVersion: "0.1.0",
        classes: [
          AuditClass(name: "road", red: 128, green: 64, blue: 128),
          AuditClass(name: "car, parked", red: 0, green: 0, blue: 142),
        ]))
    for (name, error) in [("street/a.png", Float(0.25)), ("street/b.png", 0.75)] {
      try AtomicFile.write(Self.picture(width: 4, grey: 90), to: url("images/" + name))
      try record(name, error: error)
    }
    try store.finishRun(auditRun)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// As an audit of this image would.
  func record(_ name: String, error: Float) throws {
    let filled = { (value: Float) in [Float](repeating: value, count: 12) }
    var settings = RegionSettings()
    settings.minimumAreaPixels = 1
    let audit = ImageAudit(
      PixelPrediction(
        width: 4, height: 3, classCount: 2, labels: Self.labels, errorProbability: filled(error),
        confidence: filled(0.5), entropy: filled(0.5)), regions: settings)
    try store.record(audit, path: name, contentSHA256: Self.pictureSHA256, run: auditRun)
  }

  private static func picture(width: Int, grey: UInt8) -> [UInt8] {
    PNGEncoder.encode(grey: [UInt8](repeating: grey, count: width * 3), width: width, height: 3)
  }

  /// Of `picture(width: 4, grey: 90)`; asked of the system's own tool.
  private static let pictureSHA256: String = {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      "errata-\(UUID().uuidString).png")
    defer { try? FileManager.default.removeItem(at: file) }
    guard (try? AtomicFile.write(picture(width: 4, grey: 90), to: file)) != nil,
      let sum = try? execute(URL(fileURLWithPath: "/usr/bin/sha256sum"), [file.path])
    else { return "" }
    return String(sum.output.prefix(64))
  }()

  func apply(_ change: Change, to name: String) throws {
    let file = url("images/" + name)
    switch change {
    case .removed: try FileManager.default.removeItem(at: file)
    case .resized: try AtomicFile.write(Self.picture(width: 5, grey: 90), to: file)
    case .repainted: try AtomicFile.write(Self.picture(width: 4, grey: 91), to: file)
    case .damaged: try AtomicFile.write(Self.picture(width: 4, grey: 90).prefix(50), to: file)
    }
  }

  func url(_ name: String) -> URL { folder.appendingPathComponent(name) }
  func path(_ name: String) -> String { url(name).path }

  func lines(_ name: String) throws -> [String] {
    try String(contentsOf: url(name), encoding: .utf8).split(separator: "\n").map(String.init)
  }

  func entries(_ name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted()
  }

  func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    try run(arguments)
  }

  /// The built program, which lies beside the test bundle.
  func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("errata")
    return try Self.execute(program, arguments + ["--database", path("audit.sqlite")])
  }

  /// What the program prints stays far below a pipe's size.
  private static func execute(
    _ program: URL, _ arguments: [String]
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    return (
      process.terminationStatus,
      String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
      String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    )
  }
}
