import ArgumentParser
import AuditStore
import Auditing
import Foundation

struct AcceptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept",
    abstract: "Name the images, or the pixels, that may pass unseen, with a guarantee on their error rate.",
    discussion: """
      With the stated confidence, the images that are named have a mean error rate of at most --maximum-error, if the \
      audited images are drawn like the calibration's. Where too few calibration images are good enough to promise \
      that, nothing is named, and it says how many labelled images it would take.

      With --pixels, pixels pass in place of images, in all images those below one error probability: of the pixels \
      that pass, all images together, at most --maximum-error are wrong. --masks draws what remains for people.

      Examples:
        errata accept --database audit.sqlite --calibration run/model.calibration.json \\
          --maximum-error 0.02 --confidence 0.95
        errata accept --database audit.sqlite --calibration run/model.calibration.json \\
          --maximum-error 0.02 --pixels --masks to-do

      \(ExitStatus.help)
      """)

  @OptionGroup var selection: RunSelection

  @Option(help: "What `errata calibrate` wrote for the model of the run.", completion: .file())
  var calibration: String

  @Option(help: "The largest mean error rate of what passes, 0 to 1.")
  var maximumError: Double

  @Option(help: "The probability that the promise holds, 0 to 1.")
  var confidence = 0.95

  @Flag(help: "Pixels may pass in place of images.")
  var pixels = false

  @Option(
    help: "With --pixels: a folder for grey PNGs, 255 where people must look, 0 where a pixel may pass.",
    completion: .directory)
  var masks: String?

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    guard maximumError > 0, maximumError < 1 else {
      throw ValidationError("--maximum-error \(maximumError), expected between 0 and 1.")
    }
    guard masks == nil || pixels else { throw ValidationError("--masks needs --pixels.") }
    guard confidence > 0, confidence < 1 else {
      throw ValidationError("--confidence \(confidence), expected between 0 and 1.")
    }
  }

  func run() throws {
    let (store, run) = try selection.open()
    let file = try CalibrationFile(
      contentsOf: URL(fileURLWithPath: calibration), modelSHA256: run.description.modelSHA256)
    try file.checkUsed(by: run.description.configuration, path: calibration)
    if pixels {
      try passPixels(file, store, run)
      return
    }
    let acceptance = Acceptance(
      images: file.report.images, maximumError: maximumError, confidence: confidence)
    let images = try store.rankedImages(run, RankingQuery())
    let accepted = images.filter {
      acceptance.accepts(estimatedErrorRate: $0.statistics.meanErrorProbability)
    }.map(\.path).sorted()
    if json {
      try printJSON(
        acceptance, accepted: accepted, of: images.count, needed: needed(acceptance, file))
      return
    }
    for path in accepted { print(path) }
    Console.error(
      summary(acceptance, accepted: accepted.count, of: images.count, needed: needed(acceptance, file)))
  }

  private func passPixels(_ file: CalibrationFile, _ store: AuditStore, _ run: AuditRun) throws {
    let images = file.report.images.compactMap(\.passing)
    guard images.count == file.report.images.count else {
      throw CalibrationFile.Problem(
        file: calibration,
        reason:
          "was written by an older version of errata, which counted no pixels; calibrate and audit again")
    }
    let acceptance = PixelAcceptance(images: images, maximumError: maximumError, confidence: confidence)
    let needed =
      acceptance.threshold == nil
      ? PixelAcceptance.imagesNeeded(images: images, maximumError: maximumError, confidence: confidence) : nil
    let pass = try PixelPass(
      acceptance, needed: needed, store: store, run: run,
      masks: masks.map { URL(fileURLWithPath: $0, isDirectory: true) })
    if json {
      try printJSON(pass)
    } else {
      if acceptance.threshold != nil { pass.csvRows.forEach { print($0.line) } }
      Console.error(pass.summary)
    }
  }

  /// Where nothing can be promised: roughly how many calibration images it would take.
  private func needed(_ acceptance: Acceptance, _ file: CalibrationFile) -> Int? {
    guard acceptance.threshold == nil else { return nil }
    return Acceptance.imagesNeeded(
      images: file.report.images, maximumError: maximumError, confidence: confidence)
  }

  private func summary(_ acceptance: Acceptance, accepted: Int, of count: Int, needed: Int?) -> String {
    let percent = { (share: Double) in String(format: "%.2f %%", share * 100) }
    guard let threshold = acceptance.threshold else {
      let advice =
        needed.map {
          "about \($0) calibration images like these would do (now \(acceptance.calibrationCount))"
        }
        ?? "no part of the calibration images is that good: a better model is needed"
      return "no image may pass: an error rate of at most \(percent(maximumError)) cannot be promised with "
        + "\(percent(confidence)) confidence; \(advice)"
    }
    return
      "\(accepted) of \(count) images may pass, \(count - accepted) remain for people: estimated error rate at "
      + "most \(percent(threshold)); with \(percent(confidence)) confidence those like them have a mean error rate "
      + "of at most \(percent(maximumError)) (\(acceptance.acceptedCount) of \(acceptance.calibrationCount) "
      + "calibration images: \(percent(acceptance.acceptedErrorRate ?? 0)))"
  }

  private func printJSON(_ acceptance: Acceptance, accepted: [String], of count: Int, needed: Int?) throws {
    struct Result: Encodable {
      let acceptance: Acceptance
      let accepted: [String]
      let remaining: Int
      let calibrationImagesNeeded: Int?
    }
    try printJSON(
      Result(
        acceptance: acceptance, accepted: accepted, remaining: count - accepted.count,
        calibrationImagesNeeded: needed))
  }

  private func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
