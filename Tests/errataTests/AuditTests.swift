import AuditStore
import Auditing
import Foundation
import GRDB
import Imaging
import Testing

@Suite(.timeLimit(.minutes(5))) struct AuditTests {
  private let audit: SmallAudit
  private var folder: TemporaryFolder { audit.folder }

  init() throws { audit = try SmallAudit() }

  private func arguments(_ more: [String] = []) -> [String] { audit.arguments(more) }

  private func images() throws -> [AuditedImage] { try audit.images() }

  @Test func aFolderWithABrokenImage() throws {
    try SmallModel.writeImages(5, width: 48, height: 40, to: folder.url("images"))
    try folder.write("no picture", to: "images/odd/broken.jpg")
    let run = try CommandRun(arguments())
    #expect(run.status == 2)
    #expect(run.output.hasPrefix("run 'images': 5 images, expected error rate "))
    #expect(run.output.hasSuffix(", 1 failed\n"))
    #expect(run.errors.contains("failed: \(folder.path("images/odd/broken.jpg")): "))
    #expect(run.errors.contains("6/6 images"))
    #expect(
      try images().map(\.path) == ["even/0.png", "even/2.png", "even/4.png", "odd/1.png", "odd/3.png"])
    let store = try AuditStore(path: folder.path("audit.sqlite"), access: .readOnly)
    let auditRun = try store.run(named: nil)
    #expect(try store.failedImages(auditRun).map(\.path) == ["odd/broken.jpg"])
    #expect(auditRun.description.folder == folder.path("images") && auditRun.finishedAt != nil)
    #expect(auditRun.description.classes.map(\.name) == ["road", "car", "tree"])
    for image in try images() {
      let maps = try store.maps(of: image)
      #expect((maps.width, maps.height) == (48, 40))
      // The statistics are those of the map, but for its rounding to 8 bits.
      let mean = maps.errorProbability.reduce(0.0) { $0 + Double($1) / 255 } / 1920
      #expect(abs(mean - image.statistics.meanErrorProbability) < 1.0 / 255)
      #expect(try store.classes(of: image).reduce(0) { $0 + $1.predictedPixels } == 1920)
    }
  }

  /// Each image on one thread of several, or on all cores alone.
  @Test func howManyImagesAtOnceChangesNothing() throws {
    try SmallModel.writeImages(9, width: 96, height: 64, to: folder.url("images"))
    try folder.write("no picture", to: "images/odd/broken.jpg")
    for count in [1, 2, 5] {
      let run = try CommandRun(
        audit.arguments(["--images-at-once", "\(count)"], database: "\(count).sqlite"))
      #expect(run.status == 2, "\(run.errors)")
    }
    let alone = try audit.contents("1.sqlite")
    for count in [2, 5] { #expect(try audit.contents("\(count).sqlite").differences(from: alone) == []) }
    #expect(try CommandRun(arguments(["--images-at-once", "0"])).status == 64)
  }

  @Test func doneImagesAreSkippedAndMendedOnesTakenUp() throws {
    try SmallModel.writeImages(2, width: 32, height: 32, to: folder.url("images"))
    try folder.write("no picture", to: "images/odd/3.png")
    #expect(try CommandRun(arguments()).status == 2)
    let before = try images()
    try SmallModel.writeImages(4, width: 32, height: 32, to: folder.url("images"))
    let again = try CommandRun(arguments())
    #expect(again.status == 0)
    #expect(again.output.hasPrefix("run 'images': 4 images (2 from before), "))
    let after = try images()
    #expect(after.count == 4 && Set(after.map(\.id)).isSuperset(of: before.map(\.id)))
    let nothing = try CommandRun(arguments())
    #expect(nothing.status == 0 && nothing.output.contains("(4 from before)"))
  }

  @Test func anotherModelNeedsAnotherName() throws {
    try SmallModel.writeImages(1, width: 32, height: 32, to: folder.url("images"))
    #expect(try CommandRun(arguments()).status == 0)
    try SmallModel.write(to: folder.url("model.safetensors"), seed: 2)
    let refused = try CommandRun(arguments())
    #expect(refused.status == 1 && refused.output.isEmpty)
    #expect(refused.errors.contains("(another content); choose another --run"))
    #expect(try CommandRun(arguments(["--run", "second"])).status == 0)
    let other = try CommandRun(arguments(["--run", "second", "--region-threshold", "0.25"]))
    #expect(other.status == 1 && other.errors.contains("run 'second' exists with configuration"))
  }

  @Test func imagesOfAllSizes() throws {
    let sizes = [(1, 1), (1, 50), (50, 1), (2, 3), (33, 17), (129, 64)]
    for (width, height) in sizes {
      let pixels = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      try AtomicFile.write(
        PNGEncoder.encode(RGBImage(width: width, height: height, pixels: pixels)),
        to: folder.url("images/\(width)x\(height).png"))
    }
    let run = try CommandRun(arguments())
    #expect(run.status == 0, "\(run.errors)")
    #expect(Set(try images().map { "\($0.width)x\($0.height).png" }) == Set(try images().map(\.path)))
    #expect(try images().count == sizes.count)
  }

  /// A network that diverged says nothing about any image: none of them may look audited.
  @Test(arguments: SmallModel.Fault.allCases)
  func valuesThatAreNoNumbersAreFailures(_ fault: SmallModel.Fault) throws {
    try SmallModel.write(to: folder.url("model.safetensors"), fault: fault)
    try SmallModel.writeImages(3, width: 32, height: 32, to: folder.url("images"))
    let run = try CommandRun(arguments())
    #expect(run.status == 2, "\(run.errors)")
    #expect(run.output == "run 'images': 0 images, 3 failed\n")
    #expect(run.errors.contains("even/0.png: the networks' values are not finite"))
    #expect(try images().isEmpty)
  }

  /// As on a full disk: what cannot be written ends the audit with one clear error.
  @Test func aDatabaseThatCannotBeWritten() throws {
    try SmallModel.writeImages(6, width: 32, height: 32, to: folder.url("images"))
    _ = try AuditStore(path: folder.path("audit.sqlite"), access: .readWrite)
    try DatabaseQueue(path: folder.path("audit.sqlite")).inDatabase {
      try $0.execute(
        sql: "CREATE TRIGGER full BEFORE INSERT ON maps BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    }
    let run = try CommandRun(arguments())
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("audit.sqlite: SQLite: disk is full"), "\(run.errors)")
    #expect(try images().isEmpty)
  }
}
