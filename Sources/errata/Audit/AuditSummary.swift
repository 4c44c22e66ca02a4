import AuditStore
import Auditing
import Foundation

/// What an audit says at its end.
struct AuditSummary: Encodable {
  struct Class: Encodable {
    let name: String
    let images: Int
    let predictedPixels: Int
    let expectedWrongPixels: Double
    let errorRateInterval: ErrorRateInterval?
  }

  let run: String
  let database: String
  /// Of the whole run.
  let images: Int
  let failed: Int
  /// Of the images: audited by earlier calls.
  let fromBefore: Int
  let renamed: Int
  let changed: Int
  let missing: Int
  let pixels: Int
  let expectedWrongPixels: Double
  let expectedErrorRate: Double
  /// `nil` without a calibration.
  let errorRateInterval: ErrorRateInterval?
  let classes: [Class]
  let wasInterrupted: Bool

  /// Also notes the intervals in the database.
  init(
    _ outcome: AuditPipeline.Outcome, store: AuditStore, run: AuditRun, regions: RegionSettings,
    calibration: CalibrationFile?
  ) throws {
    let totals = try store.totals(run)
    let classTotals = try store.classTotals(run)
    let intervals =
      calibration.map {
        RunIntervals(totals, classes: classTotals, regions: regions, calibration: $0.report)
      } ?? RunIntervals()
    try store.record(intervals, run: run)
    self.run = run.description.name
    database = store.path
    images = totals.imageCount
    failed = totals.failedCount
    fromBefore = outcome.alreadyDone
    renamed = outcome.renamed
    changed = outcome.changed
    missing = outcome.missing
    pixels = totals.pixelCount
    expectedWrongPixels = totals.expectedWrongPixels
    expectedErrorRate = totals.expectedErrorRate
    errorRateInterval = intervals.overall
    classes = classTotals.enumerated().map { index, item in
      Class(
        name: item.name, images: item.imageCount, predictedPixels: item.predictedPixels,
        expectedWrongPixels: item.expectedWrongPixels, errorRateInterval: intervals.byClass[index])
    }
    wasInterrupted = outcome.wasInterrupted
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  var text: String {
    var line = "run '\(run)': \(images) images"
    if fromBefore > 0 { line += " (\(fromBefore) from before)" }
    if images > 0 {
      line += String(format: ", expected error rate %.2f %%", expectedErrorRate * 100)
      if let interval = errorRateInterval {
        line += String(
          format: " (95 %% interval: %.2f to %.2f %%)", interval.lower * 100, interval.upper * 100)
      }
    }
    return failed > 0 ? line + ", \(failed) failed" : line
  }

  /// What else happened, for people.
  var note: String? {
    let notes = [
      (renamed, "renamed since they were audited"), (changed, "changed, and audited again"),
      (missing, "of the run no longer in the folder"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return notes.isEmpty ? nil : "note: images \(notes.joined(separator: "; "))"
  }
}
