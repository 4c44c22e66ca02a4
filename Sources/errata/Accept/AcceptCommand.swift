import ArgumentParser
import AuditStore
import Auditing
import Foundation

struct AcceptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept",
    abstract: "Name the images that may pass unseen, with a guarantee on their error rate.",
    discussion: """
      With the stated confidence, the images that are named have a mean error rate of at most --maximum-error, if the \
      audited images are drawn like the calibration's. Where too few calibration images are good enough to promise \
      that, nothing is named, and it says how many labelled images it would take.

      Example:
        errata accept --database audit.sqlite --calibration run/model.calibration.json \\
          --maximum-error 0.02 --confidence 0.95

      \(ExitStatus.help)
      """)

  @OptionGroup var selection: RunSelection

  @Option(help: "What `errata calibrate` wrote for the model of the run.", completion: .file())
  var calibration: String

  @Option(help: "The largest mean error rate of what passes, 0 to 1.")
  var maximumError: Double

  @Option(help: "The probability that the promise holds, 0 to 1.")
  var confidence = 0.95

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    guard maximumError > 0, maximumError < 1 else {
      throw ValidationError("--maximum-error \(maximumError), expected between 0 and 1.")
    }
    guard confidence > 0, confidence < 1 else {
      throw ValidationError("--confidence \(confidence), expected between 0 and 1.")
    }
  }

  func run() throws {
    let (store, run) = try selection.open()
    let file = try CalibrationFile(
      contentsOf: URL(fileURLWithPath: calibration), modelSHA256: run.description.modelSHA256)
    try file.checkUsed(by: run.description.configuration, path: calibration)
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
    Console.error(summary(acceptance, accepted: accepted.count, of: images.count, needed: needed(acceptance, file)))
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
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let result = Result(
      acceptance: acceptance, accepted: accepted, remaining: count - accepted.count,
      calibrationImagesNeeded: needed)
    print(String(decoding: try encoder.encode(result), as: UTF8.self))
  }
}
