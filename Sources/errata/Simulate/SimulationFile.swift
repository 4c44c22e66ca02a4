import Foundation
import Imaging

/// The small files by which a simulation knows how far it is: they appear whole or not at all.
enum SimulationFile {
  /// `nil` if there is no such file.
  static func read<Value: Decodable>(_ url: URL) throws -> Value? {
    guard let data = try? Data(contentsOf: url) else { return nil }
    do {
      return try JSONDecoder().decode(Value.self, from: data)
    } catch {
      throw SettingsError(url.path, "cannot be read: \(error); remove it to have it made again")
    }
  }

  static func write(_ value: some Encodable, to url: URL) throws {
    try AtomicFile.write(Array(json(value).utf8), to: url)
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
