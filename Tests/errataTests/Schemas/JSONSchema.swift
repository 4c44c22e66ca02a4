import Foundation

/// Checks a JSON value against a JSON Schema, for the keywords that the schemas in `schema/json` use. A keyword that it
/// does not know is a problem of the schema: nothing is passed over in silence.
///
/// *Source*: JSON Schema, draft 2020-12.
struct JSONSchema {
  private let root: [String: Any]

  private static let known: Set<String> = [
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required",
    "additionalProperties", "items", "enum", "anyOf", "minimum", "maximum",
  ]

  init(named name: String) throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("schema/json/\(name).schema.json")
    try self.init(text: String(contentsOf: url, encoding: .utf8))
  }

  init(text: String) throws {
    root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
  }

  /// What is wrong, with the place; empty for a value that fits.
  func problems(_ value: Any) -> [String] { check(value, root, "$") }

  private func check(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    var problems = schema.keys.filter { !Self.known.contains($0) }.map { "\(path): keyword \($0)" }
    if let reference = schema["$ref"] as? String {
      guard let target = definition(reference) else { return problems + ["\(path): no \(reference)"] }
      problems += check(value, target, path)
    }
    if let type = schema["type"], !Self.types(type).contains(where: { Self.isOf($0, value) }) {
      return problems + ["\(path): \(value) is not of type \(type)"]
    }
    if let allowed = schema["enum"] as? [String], !((value as? String).map(allowed.contains) ?? false) {
      problems.append("\(path): \(value) is none of \(allowed)")
    }
    if let choices = schema["anyOf"] as? [[String: Any]],
      !choices.contains(where: { check(value, $0, path).isEmpty })
    {
      problems.append("\(path): \(value) fits none of \(choices.count) schemas")
    }
    if let number = value as? Double, !Self.isOf("boolean", value) {
      if let minimum = schema["minimum"] as? Double, number < minimum {
        problems.append("\(path): \(number) < \(minimum)")
      }
      if let maximum = schema["maximum"] as? Double, number > maximum {
        problems.append("\(path): \(number) > \(maximum)")
      }
    }
    if let object = value as? [String: Any] { problems += checkObject(object, schema, path) }
    if let items = schema["items"] as? [String: Any], let array = value as? [Any] {
      problems += array.enumerated().flatMap { check($1, items, "\(path)[\($0)]") }
    }
    return problems
  }

  private func checkObject(_ object: [String: Any], _ schema: [String: Any], _ path: String) -> [String] {
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    var problems = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map {
      "\(path): no \($0)"
    }
    for (key, value) in object {
      if let property = properties[key] {
        problems += check(value, property, "\(path).\(key)")
      } else if let others = schema["additionalProperties"] as? [String: Any] {
        problems += check(value, others, "\(path).\(key)")
      } else if schema["additionalProperties"] as? Bool == false {
        problems.append("\(path): unknown \(key)")
      }
    }
    return problems
  }

  private func definition(_ reference: String) -> [String: Any]? {
    guard reference.hasPrefix("#/$defs/") else { return nil }
    return (root["$defs"] as? [String: [String: Any]])?[String(reference.dropFirst(8))]
  }

  private static func types(_ type: Any) -> [String] { type as? [String] ?? [type as? String ?? ""] }

  private static func isOf(_ type: String, _ value: Any) -> Bool {
    let number = value as? NSNumber
    let isBoolean = number.map { JSONBoolean.matches($0) } ?? false
    switch type {
    case "object": return value is [String: Any]
    case "array": return value is [Any]
    case "string": return value is String
    case "null": return value is NSNull
    case "boolean": return isBoolean
    case "number": return number != nil && !isBoolean
    case "integer": return !isBoolean && (number.map { $0.doubleValue.rounded() == $0.doubleValue } ?? false)
    default: return false
    }
  }
}

/// Foundation reads `true` and 1 as the same class of object; only its type code tells them apart.
private enum JSONBoolean {
  static func matches(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
