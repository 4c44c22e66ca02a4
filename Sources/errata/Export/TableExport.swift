import AuditStore
import Auditing
import Exchange
import Foundation
import Reporting

/// Writes a run as CSV or JSON, an image at a time.
struct TableExport {
  let store: AuditStore
  let run: AuditRun
  let images: [AuditedImage]
  let folder: URL
  let intervals: RunIntervals

  func writeCSV() throws {
    let ranking = try table("images", ImageRecord.csvHeader)
    let parts = try table("image-classes", ImageClassRecord.csvHeader)
    let regions = try table("regions", RegionRecord.csvHeader)
    let progress = ProgressReporter(total: images.count, unit: "images")
    for (index, image) in images.enumerated() {
      if Interruption.isRequested { throw ExitStatus.interrupted }
      try ranking.write(line: record(image, position: index + 1).csvRow.line)
      for item in try store.classes(of: image) {
        let record = ImageClassRecord(item, className: run.description.className(item.classIndex))
        try parts.write(line: record.csvRow(path: image.path).line)
      }
      for item in try store.regions(of: image) {
        try regions.write(line: record(item, of: image).csvRow(path: image.path).line)
      }
      progress.update(done: index + 1, detail: "")
    }
    let classes = try table("classes", ClassRecord.csvHeader)
    for record in try classRecords() { try classes.write(line: record.csvRow.line) }
    for file in [ranking, parts, regions, classes] { try file.finish() }
  }

  private func table(_ name: String, _ header: CSVRow) throws -> StreamedFile {
    let file = try StreamedFile(folder.appendingPathComponent(name + ".csv"))
    try file.write(line: header.line)
    return file
  }

  func writeJSON() throws {
    let file = try StreamedFile(folder.appendingPathComponent("audit.json"))
    try file.write(AuditDocument.opening(head()))
    let progress = ProgressReporter(total: images.count, unit: "images")
    for (index, image) in images.enumerated() {
      if Interruption.isRequested { throw ExitStatus.interrupted }
      try file.write(
        AuditDocument.image(
          record(image, position: index + 1), contentSHA256: image.contentSHA256,
          classes: store.classes(of: image).map {
            ImageClassRecord($0, className: run.description.className($0.classIndex))
          },
          regions: store.regions(of: image).map { record($0, of: image) }))
      progress.update(done: index + 1, detail: "")
    }
    try file.write(AuditDocument.closing)
    try file.finish()
  }

  private func record(_ image: AuditedImage, position: Int) -> ImageRecord {
    ImageRecord(image, position: position, interval: intervals.interval(of: image))
  }

  private func record(_ region: ErrorRegion, of image: AuditedImage) -> RegionRecord {
    RegionRecord(
      region, className: run.description.className(region.classIndex),
      interval: intervals.interval(of: region, in: image))
  }

  private func head() throws -> AuditDocument.Head {
    let description = run.description
    let totals = try store.totals(run)
    return AuditDocument.Head(
      run: AuditDocument.Run(
        name: description.name, folder: description.folder, modelPath: description.modelPath,
        modelSHA256: description.modelSHA256, programVersion: description.programVersion,
        createdAt: run.createdAt, finishedAt: run.finishedAt, configuration: description.configuration),
      totals: AuditDocument.Totals(
        imageCount: totals.imageCount, failedCount: totals.failedCount, pixelCount: totals.pixelCount,
        expectedWrongPixels: totals.expectedWrongPixels, expectedErrorRate: totals.expectedErrorRate,
        histogram: try store.histogram(run)),
      classes: try classRecords(),
      failedImages: try store.failedImages(run).map {
        AuditDocument.Failure(path: $0.path, reason: $0.reason)
      })
  }

  private func classRecords() throws -> [ClassRecord] {
    zip(run.description.classes, try store.classTotals(run)).enumerated().map { index, pair in
      let (item, totals) = pair
      return ClassRecord(
        index: index, name: item.name,
        color: String(format: "#%02x%02x%02x", item.red, item.green, item.blue),
        imageCount: totals.imageCount,
        predictedPixels: totals.predictedPixels, expectedWrongPixels: totals.expectedWrongPixels)
    }
  }
}
