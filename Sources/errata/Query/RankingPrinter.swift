import AuditStore
import Auditing
import Exchange
import Foundation
import Synchronization

/// Prints ranked images one by one as a table, CSV or JSON.
final class RankingPrinter: Sendable {
  enum Format: Sendable { case table, csv, json }

  private let format: Format
  private let query: RankingQuery
  private let className: String?
  private let header: RankingHeader
  private let intervals: RunIntervals
  private let count = Mutex(0)

  init(
    format: Format, query: RankingQuery, className: String?, header: RankingHeader, intervals: RunIntervals
  ) {
    self.format = format
    self.query = query
    self.className = className
    self.header = header
    self.intervals = intervals
  }

  /// Whether the table has a column for what the images are ranked by besides those that it always has.
  private var hasOwnColumn: Bool {
    ![.expectedErrorRate, .expectedWrongPixels, .worstRegion].contains(query.order)
  }

  func begin() throws {
    switch format {
    case .table:
      header.lines.forEach { print($0) }
      let suffix = className.map { "  of \($0)" } ?? ""
      let own = hasOwnColumn ? query.order.rawValue.aligned(to: 15) + "  " : ""
      let interval =
        coverage.map { String(format: "%.0f %% interval", $0 * 100).aligned(to: 17) + "  " } ?? ""
      let region =
        regionCoverage.map { String(format: "%.0f %% interval", $0 * 100).aligned(to: 14) + "  " } ?? ""
      print("   #  error rate  \(interval)wrong pixels  worst region  \(region)\(own)image\(suffix)")
    case .csv:
      print(
        CSVRow(
          ImageRecord.csvHeader.fields + [
            "order", "orderValue", "worstRegionPixelsLower", "worstRegionPixelsUpper",
          ]
        ).line)
    case .json:
      // The header's object, left open for the images.
      print(try Self.json(header).dropLast() + ",\"images\":[", terminator: "")
    }
  }

  func add(_ image: AuditedImage) throws {
    let position = count.withLock {
      $0 += 1
      return $0
    }
    let record = RankedRecord(
      record: ImageRecord(
        image, position: position, interval: intervals.interval(of: image), className: className),
      orderValue: image.value(for: query.order, cost: query.cost),
      worstRegionPixels: intervals.worstRegionPixels(of: image))
    switch format {
    case .table: print(row(image, position: position))
    case .csv: print(record.csvRow(order: query.order).line)
    case .json: print((position > 1 ? ",\n " : "\n ") + (try Self.json(record)), terminator: "")
    }
  }

  func end() {
    if format == .json { print("\n]}") }
  }

  /// Of the intervals that the table shows; `nil` where there are none.
  private var coverage: Double? {
    (query.classIndex.map { intervals.ofImageByClass[$0] } ?? intervals.ofImage)?.coverage
  }

  /// Of the intervals of worst regions, where the table shows them.
  private var regionCoverage: Double? {
    query.order == .worstRegion ? intervals.ofRegion.worst?.coverage : nil
  }

  private func regionCell(_ image: AuditedImage) -> String {
    guard regionCoverage != nil else { return "" }
    let range = intervals.worstRegionPixels(of: image)
    return (range.map { String(format: "%.0f to %.0f", $0.lowerBound, $0.upperBound) } ?? "–").aligned(to: 14)
      + "  "
  }

  private func intervalCell(_ image: AuditedImage) -> String {
    guard coverage != nil, let interval = intervals.interval(of: image, classIndex: query.classIndex) else {
      return ""
    }
    return String(format: "%.2f to %.2f %%", interval.lower * 100, interval.upper * 100).aligned(to: 17)
      + "  "
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private func row(_ image: AuditedImage, position: Int) -> String {
    let rate = image.value(for: .expectedErrorRate, cost: query.cost) ?? 0
    let pixels = image.value(for: .expectedWrongPixels, cost: query.cost) ?? 0
    var own = ""
    if hasOwnColumn {
      let value = image.value(for: query.order, cost: query.cost)
      own = (value.map { String(format: "%.4f", $0) } ?? "–").aligned(to: 15) + "  "
    }
    return String(format: "%4d  %8.2f %%  ", position, rate * 100) + intervalCell(image)
      + String(format: "%12.0f  %12.0f  ", pixels, image.worstRegionPixels) + regionCell(image) + own
      + image.path
  }
}

/// `ImageRecord`'s keys, and what the image is ranked by.
private struct RankedRecord: Encodable {
  let record: ImageRecord
  let orderValue: Double?
  /// Where the true number of the worst region's wrong pixels lies.
  let worstRegionPixels: ClosedRange<Double>?

  enum CodingKeys: CodingKey { case orderValue, worstRegionPixelsLower, worstRegionPixelsUpper }

  func encode(to encoder: any Encoder) throws {
    try record.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(orderValue, forKey: .orderValue)
    try container.encodeIfPresent(worstRegionPixels?.lowerBound, forKey: .worstRegionPixelsLower)
    try container.encodeIfPresent(worstRegionPixels?.upperBound, forKey: .worstRegionPixelsUpper)
  }

  func csvRow(order: RankingOrder) -> CSVRow {
    let numbers = [orderValue, worstRegionPixels?.lowerBound, worstRegionPixels?.upperBound]
    return CSVRow(record.csvRow.fields + [order.rawValue] + numbers.map { $0.map { "\($0)" } ?? "" })
  }
}

extension ImageRecord {
  init(
    _ image: AuditedImage, position: Int, interval: ErrorRateInterval? = nil, className: String? = nil
  ) {
    self.init(
      position: position, path: image.path, width: image.width, height: image.height,
      statistics: image.statistics, worstRegionPixels: image.worstRegionPixels,
      interval: interval, ofClass: image.ofClass.map { (className ?? "", $0) })
  }
}
