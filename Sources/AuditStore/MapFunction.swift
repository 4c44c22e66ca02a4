import Foundation
import GRDB

/// SQL functions on per-pixel maps. A blob that is no map, or a place outside of it, gives NULL.
enum MapFunction {
  static var all: [DatabaseFunction] { errors + confidences + labels + [sizes] }

  /// On maps of the error probability.
  private static var errors: [DatabaseFunction] {
    [
      function("error_fraction", 2) { map, arguments in
        share(of: map, where: threshold(arguments).map { limit in { Double($0) >= limit } })
      },
      function("mean_error", 1) { map, _ in mean(map) },
      function("error_at", 3) { map, arguments in value(map, at: arguments.dropFirst()).map(probability) },
      // The width told, for maps of version 1, which do not know theirs.
      function("error_at", 4) { map, arguments in
        value(map, width: Int.fromDatabaseValue(arguments[1]), at: arguments.dropFirst(2)).map(probability)
      },
      twoMaps("class_error_pixels") { error, label, index in
        zip(error.bytes, label.bytes).reduce(0.0) { $1.1 == index ? $0 + Double($1.0) / 255 : $0 }
      },
      twoMaps("class_error_fraction") { error, label, index in
        let pixels = label.bytes.count { $0 == index }
        guard pixels > 0 else { return nil }
        return zip(error.bytes, label.bytes).reduce(0.0) { $1.1 == index ? $0 + Double($1.0) / 255 : $0 }
          / Double(pixels)
      },
    ]
  }

  /// On maps of the confidence.
  private static var confidences: [DatabaseFunction] {
    [
      function("low_confidence_fraction", 2) { map, arguments in
        share(of: map, where: threshold(arguments).map { limit in { Double($0) < limit } })
      },
      function("mean_confidence", 1) { map, _ in mean(map) },
      function("confidence_at", 3) { map, arguments in
        value(map, at: arguments.dropFirst()).map(probability)
      },
    ]
  }

  /// On maps of labels.
  private static var labels: [DatabaseFunction] {
    [
      function("label_pixels", 2) { map, arguments in
        guard let index = UInt8.fromDatabaseValue(arguments[1]) else { return nil }
        return map.bytes.count { $0 == index }
      },
      function("label_fraction", 2) { map, arguments in
        share(of: map, where: UInt8.fromDatabaseValue(arguments[1]).map { index in { $0 == index } })
      },
      function("label_at", 3) { map, arguments in value(map, at: arguments.dropFirst()).map { Int($0) } },
    ]
  }

  private static var sizes: DatabaseFunction { function("map_pixels", 1) { map, _ in map.bytes.count } }

  // MARK: - What they have in common

  private static func function(
    _ name: String, _ count: Int,
    _ body: @escaping @Sendable (CompressedMap, [DatabaseValue]) -> (any DatabaseValueConvertible)?
  ) -> DatabaseFunction {
    DatabaseFunction(name, argumentCount: count, pure: true) { arguments in
      guard let data = Data.fromDatabaseValue(arguments[0]), let map = CompressedMap(data) else { return nil }
      return body(map, arguments)
    }
  }

  /// A function of an error map, the label map of the same image, and a class index.
  private static func twoMaps(
    _ name: String, _ body: @escaping @Sendable (CompressedMap, CompressedMap, UInt8) -> Double?
  ) -> DatabaseFunction {
    function(name, 3) { error, arguments in
      guard let data = Data.fromDatabaseValue(arguments[1]), let label = CompressedMap(data),
        label.bytes.count == error.bytes.count, let index = UInt8.fromDatabaseValue(arguments[2])
      else { return nil }
      return body(error, label, index)
    }
  }

  /// The second argument, a probability, on the scale of a map's bytes.
  private static func threshold(_ arguments: [DatabaseValue]) -> Double? {
    Double.fromDatabaseValue(arguments[1]).map { $0 * 255 }
  }

  private static func share(of map: CompressedMap, where condition: ((UInt8) -> Bool)?) -> Double? {
    guard let condition, !map.bytes.isEmpty else { return nil }
    return Double(map.bytes.count(where: condition)) / Double(map.bytes.count)
  }

  private static func mean(_ map: CompressedMap) -> Double? {
    map.bytes.isEmpty ? nil : map.bytes.reduce(0.0) { $0 + Double($1) } / (255 * Double(map.bytes.count))
  }

  private static func probability(_ byte: UInt8) -> Double { Double(byte) / 255 }

  private static func value(
    _ map: CompressedMap, width told: Int? = nil, at place: ArraySlice<DatabaseValue>
  ) -> UInt8? {
    guard let width = told ?? map.width, width > 0, let x = place.first.flatMap(Int.fromDatabaseValue),
      let y = place.last.flatMap(Int.fromDatabaseValue), (0..<width).contains(x), y >= 0,
      y < map.bytes.count / width
    else { return nil }
    return map.bytes[y * width + x]
  }
}
