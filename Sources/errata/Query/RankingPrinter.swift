import AuditStore
import Auditing
import Exchange
import Foundation
import Synchronization

/// Prints ranked images one by one as a table, CSV or JSON.
final class RankingPrinter: Sendable {
  enum Format: Sendable { case table, csv, json }

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
    case .csv: print(ImageRecord.csvHeader.line)
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
    case .csv: print(ImageRecord(image, position: position, className: className).csvRow.line)
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let record = try encoder.encode(ImageRecord(image, position: position, className: className))
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

extension ImageRecord {
  init(_ image: AuditedImage, position: Int, className: String? = nil) {
    self.init(
      position: position, path: image.path, width: image.width, height: image.height,
      statistics: image.statistics, worstRegionPixels: image.worstRegionPixels,
      ofClass: image.ofClass.map { (className ?? "", $0) })
  }
}
