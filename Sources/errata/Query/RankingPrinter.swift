import AuditStore
import Auditing
import Foundation
import Synchronization

/// Prints ranked images one by one as a table, CSV or JSON.
final class RankingPrinter: Sendable {
  enum Format: Sendable { case table, csv, json }

  /// One image as `--json` and `export --format json` show it.
  struct Record: Encodable {
    let position: Int
    let path: String
    let width: Int
    let height: Int
    let expectedErrorRate: Double
    let expectedWrongPixels: Double
    let worstRegionPixels: Double
    let errorP50: Double
    let errorP90: Double
    let errorP95: Double
    let errorP99: Double
    let meanConfidence: Double
    let meanEntropy: Double
    let className: String?
    let classPixels: Int?
    let classExpectedWrongPixels: Double?

    init(_ image: AuditedImage, position: Int, className: String?) {
      let statistics = image.statistics
      self.position = position
      path = image.path
      width = image.width
      height = image.height
      expectedErrorRate = statistics.meanErrorProbability
      expectedWrongPixels = statistics.expectedWrongPixels
      worstRegionPixels = image.worstRegionPixels
      errorP50 = statistics.percentile50
      errorP90 = statistics.percentile90
      errorP95 = statistics.percentile95
      errorP99 = statistics.percentile99
      meanConfidence = statistics.meanConfidence
      meanEntropy = statistics.meanEntropy
      self.className = image.ofClass == nil ? nil : className
      classPixels = image.ofClass?.predictedPixels
      classExpectedWrongPixels = image.ofClass?.expectedWrongPixels
    }

    static let csvHeader =
      "position,path,width,height,expectedErrorRate,expectedWrongPixels,worstRegionPixels,errorP50,errorP90,"
      + "errorP95,errorP99,meanConfidence,meanEntropy,className,classPixels,classExpectedWrongPixels"

    var csvLine: String {
      var fields = ["\(position)", Self.quoted(path), "\(width)", "\(height)"]
      fields += [
        expectedErrorRate, expectedWrongPixels, worstRegionPixels, errorP50, errorP90, errorP95, errorP99,
        meanConfidence, meanEntropy,
      ].map { "\($0)" }
      fields += [
        className.map(Self.quoted) ?? "", classPixels.map(String.init) ?? "",
        classExpectedWrongPixels.map { "\($0)" } ?? "",
      ]
      return fields.joined(separator: ",")
    }

    /// RFC 4180.
    static func quoted(_ text: String) -> String {
      guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
      return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
  }

  private let format: Format
  private let className: String?
  private let count = Mutex(0)

  init(format: Format, className: String?) {
    self.format = format
    self.className = className
  }

  func begin() throws {
    switch format {
    case .table:
      let suffix = className.map { "  of \($0)" } ?? ""
      print("   #  error rate  wrong pixels  worst region  image\(suffix)")
    case .csv: print(Record.csvHeader)
    case .json: print("[", terminator: "")
    }
  }

  func add(_ image: AuditedImage) throws {
    let position = count.withLock {
      $0 += 1
      return $0
    }
    switch format {
    case .table: print(row(image, position: position))
    case .csv: print(Record(image, position: position, className: className).csvLine)
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let record = try encoder.encode(Record(image, position: position, className: className))
      print((position > 1 ? ",\n " : "\n ") + String(decoding: record, as: UTF8.self), terminator: "")
    }
  }

  func end() throws {
    if format == .json { print("\n]") }
  }

  private func row(_ image: AuditedImage, position: Int) -> String {
    let rate: Double
    let pixels: Double
    if let part = image.ofClass {
      rate = part.expectedWrongPixels / Double(part.predictedPixels)
      pixels = part.expectedWrongPixels
    } else {
      rate = image.statistics.meanErrorProbability
      pixels = image.statistics.expectedWrongPixels
    }
    return String(
      format: "%4d  %8.2f %%  %12.0f  %12.0f  ", position, rate * 100, pixels, image.worstRegionPixels)
      + image.path
  }
}
