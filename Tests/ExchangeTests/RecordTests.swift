import Auditing
import Exchange
import Foundation
import Testing

let statistics = ImageStatistics(
  meanErrorProbability: 0.25, expectedWrongPixels: 3, percentile50: 0.1, percentile90: 0.5,
  percentile95: 0.75,
  percentile99: 1, meanConfidence: 0.875, meanEntropy: 0.5, histogram: [])

@Suite struct CSVRowTests {
  @Test(arguments: [
    (["a", "b"], "a,b"),
    (["a,b", ""], "\"a,b\","),
    (["say \"hi\""], "\"say \"\"hi\"\"\""),
    (["two\nlines"], "\"two\nlines\""),
    (["windows\r\nlines"], "\"windows\r\nlines\""),
    (["\"\u{301}"], "\"\"\"\u{301}\""),
    ([" space kept "], " space kept "),
  ])
  func quotesWhatNeedsIt(fields: [String], line: String) {
    // Scalars: strings compare equal across some different bytes.
    #expect(Array(CSVRow(fields).line.unicodeScalars) == Array(line.unicodeScalars))
  }
}

@Suite struct ImageRecordTests {
  @Test func lineHasTheColumnsOfTheHeader() {
    let record = ImageRecord(
      position: 2, path: "a,b.jpg", width: 4, height: 3, statistics: statistics, worstRegionPixels: 1.5)
    #expect(record.csvRow.line == "2,\"a,b.jpg\",4,3,0.25,,,3.0,1.5,0.1,0.5,0.75,1.0,0.875,0.5,,,")
    #expect(record.csvRow.fields.count == ImageRecord.csvHeader.fields.count)
    let sure = ImageRecord(
      position: 2, path: "a.jpg", width: 4, height: 3, statistics: statistics, worstRegionPixels: 1.5,
      interval: ErrorRateInterval(
        estimate: 0.25, lower: 0.125, upper: 0.5, coverage: 0.95, calibrationImages: 9))
    #expect(sure.csvRow.line.hasPrefix("2,a.jpg,4,3,0.25,0.125,0.5,3.0,"))
  }

  @Test func nameOfTheClassStandsBesideItsNumbers() {
    let car = ClassStatistics(classIndex: 1, predictedPixels: 8, expectedWrongPixels: 2)
    let record = ImageRecord(
      position: 1, path: "a.jpg", width: 4, height: 3, statistics: statistics, worstRegionPixels: 0,
      ofClass: ("car", car))
    #expect(record.csvRow.fields.suffix(3) == ["car", "8", "2.0"])
  }
}

@Suite struct ClassRecordTests {
  @Test func rateOfAClassThatNeverOccursIsEmpty() {
    let never = ClassRecord(
      index: 1, name: "bus", color: "#00ff00", imageCount: 0, predictedPixels: 0, expectedWrongPixels: 0)
    #expect(never.csvRow.line == "1,bus,#00ff00,0,0,0.0,")
    let car = ClassRecord(
      index: 0, name: "car", color: "#ff0000", imageCount: 2, predictedPixels: 8, expectedWrongPixels: 2)
    #expect(car.csvRow.line == "0,car,#ff0000,2,8,2.0,0.25")
    #expect(car.csvRow.fields.count == ClassRecord.csvHeader.fields.count)
  }
}

@Suite struct AuditDocumentTests {
  private static let region = ErrorRegion(
    x: 1, y: 0, width: 2, height: 2, areaPixels: 4, meanErrorProbability: 0.5, classIndex: 7)

  @Test func rowsNameTheImage() {
    #expect(
      RegionRecord(Self.region, className: "bus").csvRow(path: "a.jpg").line
        == "a.jpg,bus,1,0,2,2,4,0.5,,,2.0")
    let sure = RegionRecord(
      Self.region, className: "bus",
      interval: ErrorRateInterval(
        estimate: 0.5, lower: 0.25, upper: 0.75, coverage: 0.95, calibrationImages: 9))
    #expect(sure.csvRow(path: "a.jpg").line == "a.jpg,bus,1,0,2,2,4,0.5,0.25,0.75,2.0")
    #expect(sure.csvRow(path: "a.jpg").fields.count == RegionRecord.csvHeader.fields.count)
    let part = ImageClassRecord(
      ClassStatistics(classIndex: 1, predictedPixels: 12, expectedWrongPixels: 3), className: "car")
    #expect(part.csvRow(path: "a.jpg").line == "a.jpg,car,12,3.0")
  }

  private func document(imageCount: Int) throws -> Data {
    let head = AuditDocument.Head(
      run: AuditDocument.Run(
        name: "run \"1\"", folder: "/images", modelPath: "/model", modelSHA256: "00", programVersion: "0",
        createdAt: "2026-01-01T00:00:00Z", finishedAt: nil, configuration: "{}"),
      totals: AuditDocument.Totals(
        imageCount: 2, failedCount: 1, pixelCount: 24, expectedWrongPixels: 6, expectedErrorRate: 0.25,
        histogram: [20, 4]),
      classes: [], failedImages: [AuditDocument.Failure(path: "broken.jpg", reason: "damaged")])
    var data = try AuditDocument.opening(head)
    for position in 0..<imageCount {
      data += try AuditDocument.image(
        ImageRecord(
          position: position + 1, path: "\(position).jpg", width: 4, height: 3, statistics: statistics,
          worstRegionPixels: 1),
        contentSHA256: "ab",
        classes: [
          ImageClassRecord(
            ClassStatistics(classIndex: 1, predictedPixels: 12, expectedWrongPixels: 3), className: "car")
        ],
        regions: [
          RegionRecord(Self.region, className: "bus")
        ])
    }
    return data + AuditDocument.closing
  }

  @Test(arguments: [0, 1, 3]) func piecesMakeOneObject(imageCount: Int) throws {
    let object = try #require(
      JSONSerialization.jsonObject(with: document(imageCount: imageCount)) as? [String: Any])
    #expect(object["format"] as? String == "errata-audit")
    #expect((object["run"] as? [String: Any])?["name"] as? String == "run \"1\"")
    #expect((object["totals"] as? [String: Any])?["histogram"] as? [Int] == [20, 4])
    #expect((object["failedImages"] as? [[String: Any]])?.first?["reason"] as? String == "damaged")
    let images = try #require(object["images"] as? [[String: Any]])
    #expect(images.map { $0["path"] as? String } == (0..<imageCount).map { "\($0).jpg" })
  }

  @Test func imageHasItsClassesAndRegions() throws {
    let object = try JSONSerialization.jsonObject(with: document(imageCount: 1)) as? [String: Any]
    let image = try #require((object?["images"] as? [[String: Any]])?.first)
    #expect(image["expectedErrorRate"] as? Double == 0.25)
    #expect(image["contentSHA256"] as? String == "ab")
    let classes = try #require(image["classes"] as? [[String: Any]])
    #expect(classes.first?["className"] as? String == "car")
    #expect(classes.first?["predictedPixels"] as? Int == 12)
    let region = try #require((image["regions"] as? [[String: Any]])?.first)
    #expect(region["className"] as? String == "bus")
    #expect(region["expectedWrongPixels"] as? Double == 2)
  }

  @Test func imagesStandOnLinesOfTheirOwn() throws {
    let lines = String(decoding: try document(imageCount: 2), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 5 && lines[1] == "\"images\":[" && lines[4] == "]}")
    let first = try JSONSerialization.jsonObject(with: Data(lines[2].dropLast().utf8)) as? [String: Any]
    #expect(lines[2].hasSuffix("},") && first?["path"] as? String == "0.jpg")
  }
}
