import Foundation
import TensorCore

/// A fixture's bytes; see Tests/Fixtures/make_pytorch.py.
func fixture(_ name: String) throws -> Data {
  try Data(contentsOf: fixtureURL(name))
}

func fixtureURL(_ name: String) -> URL {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/pytorch/\(name)")
}

/// Makes damaged copies of files, the same ones at every run.
struct Mutator {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// A copy with a few bytes changed, put in, taken out or doubled, or cut off. Within `range`, the whole if `nil`.
  mutating func mutated(_ original: [UInt8], in range: Range<Int>? = nil) -> [UInt8] {
    var bytes = original
    let range = range ?? 0..<original.count
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let position = min(Int.random(in: range, using: &generator), bytes.count - 1)
      guard position >= 0 else { break }
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1, 2: bytes[position] = UInt8.random(in: 0...255, using: &generator)
      case 3:
        // The values at which sizes overflow.
        let edges: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]
        for index in position..<min(position + [1, 2, 4, 8].randomElement(using: &generator)!, bytes.count) {
          bytes[index] = edges.randomElement(using: &generator)!
        }
      case 4: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
      case 5: bytes.remove(at: position)
      case 6:
        let end = min(position + Int.random(in: 1...32, using: &generator), bytes.count)
        bytes.insert(contentsOf: bytes[position..<end], at: position)
      default:
        if Int.random(in: 0..<4, using: &generator) == 0 { bytes.removeSubrange(position...) }
      }
    }
    return bytes
  }
}
