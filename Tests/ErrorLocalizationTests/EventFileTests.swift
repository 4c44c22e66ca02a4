import ErrorLocalization
import Foundation
import Testing

/// Event files, read back by a reader that shares nothing with the writer; `read_events.py` asks TensorBoard itself.
@Suite struct EventFileTests {
  @Test func whatIsWrittenIsReadBack() throws {
    let folder = try SmallTraining.temporaryFile("x").deletingLastPathComponent()
    let start = Date(timeIntervalSince1970: 1_700_000_000.5)
    let file = try EventFile(in: folder, firstStep: 301, time: start)
    try file.write([Scalar("loss/total", 1.25), Scalar("IoU/Straße", -.infinity)], step: 301, time: start)
    try file.write([Scalar("loss/total", 0.1)], step: 70_000, time: start + 1)
    try file.write([], step: 70_001)
    #expect(file.url.lastPathComponent.hasPrefix("events.out.tfevents.1700000000."))
    let events = try EventReader.events(in: file.url)
    #expect(events.count == 5)
    #expect(events[0].fileVersion == "brain.Event:2" && events[0].time == 1_700_000_000.5)
    #expect(events[1].step == 301 && events[1].sessionStatus == 1)
    #expect(events[2].step == 301 && events[2].time == 1_700_000_000.5)
    #expect(events[2].scalars.map(\.tag) == ["loss/total", "IoU/Straße"])
    #expect(events[2].scalars.map(\.value) == [1.25, -.infinity])
    #expect(events[3].step == 70_000 && events[3].scalars.map(\.value) == [0.1])
    #expect(events[4].step == 70_001 && events[4].scalars.isEmpty)
  }

  @Test func theChecksum() {
    // RFC 3720, appendix B.4.
    #expect(EventReader.castagnoli([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(EventReader.castagnoli(Array(0..<32)) == 0x46DD_794E)
    #expect(EventReader.castagnoli(Array("123456789".utf8)) == 0xE306_9283)
  }

  @Test func aDamagedFileIsNoticed() throws {
    let folder = try SmallTraining.temporaryFile("x").deletingLastPathComponent()
    let file = try EventFile(in: folder, firstStep: 1)
    try file.write([Scalar("a", 1)], step: 1)
    var bytes = try Data(contentsOf: file.url)
    bytes[bytes.count - 6] ^= 1
    try bytes.write(to: file.url)
    #expect(throws: EventReader.Damaged.self) { try EventReader.events(in: file.url) }
  }
}

/// A reader of TFRecord files and of the few messages that event files hold.
enum EventReader {
  struct Event {
    var time = 0.0
    var step = 0
    var fileVersion: String?
    var sessionStatus: UInt64?
    var scalars: [(tag: String, value: Float)] = []
  }

  struct Damaged: Error {}

  /// Bit by bit, without a table.
  static func castagnoli(_ bytes: [UInt8]) -> UInt32 {
    var check: UInt32 = .max
    for byte in bytes {
      check ^= UInt32(byte)
      for _ in 0..<8 { check = (check >> 1) ^ (check & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    return check ^ .max
  }

  static func events(in url: URL) throws -> [Event] {
    var rest = [UInt8](try Data(contentsOf: url))[...]
    func take(_ count: Int) throws -> [UInt8] {
      guard rest.count >= count else { throw Damaged() }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    func checked(_ count: Int) throws -> [UInt8] {
      let content = try take(count)
      let unmasked = UInt32(truncatingIfNeeded: integer(try take(4))) &- 0xA282_EAD8
      guard castagnoli(content) == unmasked << 15 | unmasked >> 17 else { throw Damaged() }
      return content
    }
    var events: [Event] = []
    while !rest.isEmpty { events.append(try event(checked(Int(integer(checked(8)))))) }
    return events
  }

  private static func integer(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func event(_ bytes: [UInt8]) throws -> Event {
    var event = Event()
    for (field, value) in try fields(bytes) {
      switch (field, value) {
      case (1, .number(let bits)): event.time = Double(bitPattern: bits)
      case (2, .number(let step)): event.step = Int(step)
      case (3, .bytes(let text)): event.fileVersion = String(decoding: text, as: UTF8.self)
      case (5, .bytes(let summary)):
        for case (1, .bytes(let value)) in try fields(summary) { event.scalars.append(try scalar(value)) }
      case (7, .bytes(let session)):
        for case (1, .number(let status)) in try fields(session) { event.sessionStatus = status }
      default: throw Damaged()
      }
    }
    return event
  }

  private static func scalar(_ bytes: [UInt8]) throws -> (String, Float) {
    var result = ("", Float.nan)
    for (field, value) in try fields(bytes) {
      switch (field, value) {
      case (1, .bytes(let tag)): result.0 = String(decoding: tag, as: UTF8.self)
      case (2, .number(let bits)): result.1 = Float(bitPattern: UInt32(bits))
      default: throw Damaged()
      }
    }
    return result
  }

  private enum Value {
    case number(UInt64)
    case bytes([UInt8])
  }

  private static func fields(_ bytes: [UInt8]) throws -> [(Int, Value)] {
    var index = 0
    func varint() throws -> UInt64 {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      while index < bytes.count {
        let byte = bytes[index]
        index += 1
        value |= UInt64(byte & 127) << shift
        shift += 7
        if byte < 128 { return value }
      }
      throw Damaged()
    }
    func take(_ count: Int) throws -> [UInt8] {
      guard index + count <= bytes.count else { throw Damaged() }
      defer { index += count }
      return Array(bytes[index..<index + count])
    }
    var result: [(Int, Value)] = []
    while index < bytes.count {
      let tag = try varint()
      switch tag & 7 {
      case 0: result.append((Int(tag >> 3), .number(try varint())))
      case 1: result.append((Int(tag >> 3), .number(integer(try take(8)))))
      case 2: result.append((Int(tag >> 3), .bytes(try take(Int(varint())))))
      case 5: result.append((Int(tag >> 3), .number(integer(try take(4)))))
      default: throw Damaged()
      }
    }
    return result
  }
}
