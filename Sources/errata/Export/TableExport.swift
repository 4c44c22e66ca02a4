import AuditStore
import Auditing
import Exchange
import Foundation
import Imaging

/// An audit's numbers as CSV or JSON files.
struct TableExport {
  let store: AuditStore
  let run: AuditRun
  let images: [AuditedImage]

  func writeCSV(to folder: URL) throws {
    var imageLines = [ImageRecord.csvHeader]
    var classLines = [
      CommaSeparatedValues.line(["path", "class", "predictedPixels", "expectedWrongPixels"])
    ]
    var regionLines = [
      CommaSeparatedValues.line([
        "path", "class", "x", "y", "width", "height", "areaPixels", "meanErrorProbability",
        "expectedWrongPixels",
      ])
    ]
    for (index, image) in images.enumerated() {
      imageLines.append(ImageRecord(image, position: index + 1, className: nil).csvLine)
      for item in try store.classes(of: image) {
        classLines.append(
          CommaSeparatedValues.line([
            image.path, name(item.classIndex), "\(item.predictedPixels)", "\(item.expectedWrongPixels)",
          ]))
      }
      for region in try store.regions(of: image) {
        let numbers = [region.x, region.y, region.width, region.height, region.areaPixels].map(String.init)
        regionLines.append(
          CommaSeparatedValues.line(
            [image.path, name(region.classIndex)] + numbers
              + ["\(region.meanErrorProbability)", "\(region.expectedWrongPixels)"]))
      }
    }
    for (file, lines) in [("images", imageLines), ("classes", classLines), ("regions", regionLines)] {
      let text = lines.joined(separator: "\n") + "\n"
      try AtomicFile.write(Array(text.utf8), to: folder.appendingPathComponent(file + ".csv"))
    }
  }

  private struct Document: Encodable {
    struct Run: Encodable {
      let name: String
      let folder: String
      let model: String
      let modelSHA256: String
      let programVersion: String
      let createdAt: String
      let finishedAt: String?
      let classes: [String]
    }

    struct Image: Encodable {
      let image: ImageRecord
      let classes: [Part]
      let regions: [Region]
    }

    struct Part: Encodable {
      let name: String
      let predictedPixels: Int
      let expectedWrongPixels: Double
    }

    struct Region: Encodable {
      let className: String
      let x: Int
      let y: Int
      let width: Int
      let height: Int
      let areaPixels: Int
      let meanErrorProbability: Double
    }

    struct Failure: Encodable {
      let path: String
      let reason: String
    }

    let run: Run
    let images: [Image]
    let failures: [Failure]
  }

  func writeJSON(to folder: URL) throws {
    let description = run.description
    let document = Document(
      run: Document.Run(
        name: description.name, folder: description.folder, model: description.modelPath,
        modelSHA256: description.modelSHA256, programVersion: description.programVersion,
        createdAt: run.createdAt, finishedAt: run.finishedAt, classes: description.classes.map(\.name)),
      images: try images.enumerated().map { index, image in
        Document.Image(
          image: ImageRecord(image, position: index + 1, className: nil),
          classes: try store.classes(of: image).map {
            Document.Part(
              name: name($0.classIndex), predictedPixels: $0.predictedPixels,
              expectedWrongPixels: $0.expectedWrongPixels)
          },
          regions: try store.regions(of: image).map {
            Document.Region(
              className: name($0.classIndex), x: $0.x, y: $0.y, width: $0.width, height: $0.height,
              areaPixels: $0.areaPixels, meanErrorProbability: $0.meanErrorProbability)
          })
      }, failures: try store.failedImages(run).map { Document.Failure(path: $0.path, reason: $0.reason) })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(encoder.encode(document), to: folder.appendingPathComponent("audit.json"))
  }

  private func name(_ classIndex: Int) -> String { run.description.classes[classIndex].name }
}
