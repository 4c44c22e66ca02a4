import ArgumentParser
import Datasets
import Dispatch
import Foundation
import Imaging
import Synchronization

struct SynthesizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize",
    abstract: "Make a data set of street-like scenes, to try the program out.",
    discussion: """
      The folder receives labeled/images, labeled/masks, unlabeled, audit/images, audit/masks, held-out/images, \
      held-out/masks and classes.txt. The same seed makes the same pictures.

      Example:
        errata synthesize demo --labeled 40 --unlabeled 120 --audit 60
      """)

  @Argument(help: "The folder; must not exist yet.", completion: .directory)
  var folder: String

  @Option(help: "Labelled images.")
  var labeled = 40

  @Option(help: "Unlabelled images.")
  var unlabeled = 120

  @Option(help: "Images to audit, with masks to compare.")
  var audit = 60

  @Option(help: "Labelled images to calibrate with.")
  var heldOut = 0

  @Option(help: "Width in pixels.")
  var width = 240

  @Option(help: "Height in pixels.")
  var height = 160

  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 0

  func validate() throws {
    guard labeled > 0, unlabeled >= 0, audit >= 0, heldOut >= 0 else {
      throw ValidationError("Expected at least one labelled image, and no negative numbers.")
    }
    guard (32...8192).contains(width), (32...8192).contains(height) else {
      throw ValidationError("\(width)×\(height) pixels, expected sides of 32 to 8192.")
    }
  }

  func run() throws {
    let root = URL(fileURLWithPath: folder)
    guard !FileManager.default.fileExists(atPath: root.path) else {
      throw DatasetError(root.path, "exists already; name a new folder")
    }
    let classes = SceneGenerator.classes
    let lines = zip(classes.names, classes.colors).map { "\($0): \($1.red),\($1.green),\($1.blue)\n" }
    try AtomicFile.write(Array(lines.joined().utf8), to: root.appendingPathComponent("classes.txt"))
    let generator = SceneGenerator(width: width, height: height, seed: seed)
    try write(labeled, from: 0, images: "labeled/images", masks: "labeled/masks", generator, root)
    try write(unlabeled, from: labeled, images: "unlabeled", masks: nil, generator, root)
    try write(audit, from: labeled + unlabeled, images: "audit/images", masks: "audit/masks", generator, root)
    try write(
      heldOut, from: labeled + unlabeled + audit, images: "held-out/images", masks: "held-out/masks",
      generator, root)
    print(root.path)
  }

  private func write(
    _ count: Int, from first: Int, images: String, masks: String?, _ generator: SceneGenerator, _ root: URL
  ) throws {
    let failure = Mutex<(any Error)?>(nil)
    let palette = Palette(SceneGenerator.classes.colors)
    DispatchQueue.concurrentPerform(iterations: count) { index in
      let scene = generator.scene(first + index)
      let name = String(format: "scene-%05d", first + index)
      do {
        try AtomicFile.write(
          JPEGEncoder.encode(scene.image), to: root.appendingPathComponent("\(images)/\(name).jpg"))
        if let masks {
          try AtomicFile.write(
            PNGEncoder.encode(mask: scene.mask, palette: palette),
            to: root.appendingPathComponent("\(masks)/\(name).png"))
        }
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
