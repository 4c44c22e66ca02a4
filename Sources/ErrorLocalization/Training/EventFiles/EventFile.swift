import Foundation

/// One number for TensorBoard.
package struct Scalar: Sendable, Equatable {
  /// Groups are separated by slashes.
  package let tag: String
  package let value: Float

  package init(_ tag: String, _ value: Float) {
    self.tag = tag
    self.value = value
  }
}

/// A TensorBoard event file: records of numbers by step, readable while it grows.
///
/// Each start of a program writes a file of its own. Its first event says from which step on it counts, and TensorBoard
/// drops what files before it say of later steps: a resumed training leaves one curve.
///
/// *Source*: TensorFlow's `event.proto`, `summary.proto` and TFRecord format.
package final class EventFile {
  package let url: URL
  private let handle: FileHandle

  /// Numbers of fields in TensorFlow's messages.
  private enum Field {
    static let (wallTime, step, fileVersion, summary, sessionLog) = (1, 2, 3, 5, 7)
    static let sessionStatus = 1
    static let summaryValue = 1
    static let (tag, simpleValue) = (1, 2)
  }

  /// `SessionLog.START`.
  private static let sessionStart = 1

  /// Makes the file in a folder that exists.
  ///
  /// - Parameter firstStep: counted from 1.
  /// - Throws: if the file cannot be made.
  package init(in folder: URL, firstStep: Int, time: Date = Date()) throws {
    let process = ProcessInfo.processInfo
    let host = process.hostName.split(separator: "/").joined()
    url = folder.appendingPathComponent(
      String(
        format: "events.out.tfevents.%010d.%@.%d", Int(time.timeIntervalSince1970), host,
        process.processIdentifier))
    try Data().write(to: url)
    handle = try FileHandle(forWritingTo: url)
    var version = Self.event(time, step: nil)
    version.add(Field.fileVersion, "brain.Event:2")
    var session = ProtobufMessage()
    session.add(Field.sessionStatus, Self.sessionStart)
    var start = Self.event(time, step: firstStep)
    start.add(Field.sessionLog, session)
    try handle.write(contentsOf: Self.record(version) + Self.record(start))
  }

  deinit { try? handle.close() }

  /// Appends one event.
  package func write(_ scalars: [Scalar], step: Int, time: Date = Date()) throws {
    var summary = ProtobufMessage()
    for scalar in scalars {
      var value = ProtobufMessage()
      value.add(Field.tag, scalar.tag)
      value.add(Field.simpleValue, scalar.value)
      summary.add(Field.summaryValue, value)
    }
    var event = Self.event(time, step: step)
    event.add(Field.summary, summary)
    try handle.write(contentsOf: Self.record(event))
  }

  private static func event(_ time: Date, step: Int?) -> ProtobufMessage {
    var event = ProtobufMessage()
    event.add(Field.wallTime, time.timeIntervalSince1970)
    if let step { event.add(Field.step, step) }
    return event
  }

  /// Length and check, content and check: a TFRecord.
  private static func record(_ message: ProtobufMessage) -> Data {
    func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    let content = message.bytes
    let length = bytes(UInt64(content.count))
    return Data(
      length + bytes(MaskedChecksum.of(length)) + content + bytes(MaskedChecksum.of(content)))
  }
}
