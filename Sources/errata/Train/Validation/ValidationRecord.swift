import Foundation

/// What a checkpoint remembers of the validations before it.
struct ValidationRecord: Codable {
  /// The last step that was validated; 0 = none.
  private(set) var lastStep = 0
  /// mIoU of the network in use.
  private(set) var best: Double?
  private(set) var bestStep: Int?

  private static let key = "validation"

  /// - Parameter notes: of a checkpoint.
  init(notes: [String: String]) {
    guard let text = notes[Self.key],
      let saved = try? JSONDecoder().decode(ValidationRecord.self, from: Data(text.utf8))
    else { return }
    self = saved
  }

  /// For a checkpoint.
  var notes: [String: String] {
    get throws { [Self.key: String(decoding: try JSONEncoder().encode(self), as: UTF8.self)] }
  }

  /// Returns whether this is the best one so far.
  mutating func add(_ result: ValidationResult) -> Bool {
    lastStep = result.step
    guard let value = result.meanIntersectionOverUnionInUse, value > best ?? -1 else { return false }
    best = value
    bestStep = result.step
    return true
  }
}
