import Foundation
import Testing

/// One run of the built program, which lies beside the test bundle.
struct CommandRun {
  let status: Int32
  let output: String
  let errors: String

  static var program: URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("errata")
  }

  init(_ arguments: String...) throws { try self.init(arguments) }

  init(_ arguments: [String]) throws {
    self = try RunningCommand(arguments).finish()
  }

  fileprivate init(status: Int32, output: String, errors: String) {
    self.status = status
    self.output = output
    self.errors = errors
  }

  /// Standard output as JSON.
  func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(output.utf8)) }
}

/// The program at work. What it prints goes to files: a pipe that nobody empties would stop it.
final class RunningCommand {
  let process = Process()
  private let folder: TemporaryFolder

  init(_ arguments: [String]) throws {
    folder = try TemporaryFolder()
    process.executableURL = CommandRun.program
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    for (name, keyPath) in [("output", \Process.standardOutput), ("errors", \Process.standardError)] {
      try Data().write(to: folder.url(name))
      process[keyPath: keyPath] = try FileHandle(forWritingTo: folder.url(name))
    }
    try process.run()
  }

  /// A signal that ended the program counts as a negative status.
  func finish() throws -> CommandRun {
    process.waitUntilExit()
    let status = process.terminationStatus
    return CommandRun(
      status: process.terminationReason == .uncaughtSignal ? -status : status,
      output: String(decoding: try Data(contentsOf: folder.url("output")), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: folder.url("errors")), as: UTF8.self))
  }
}

/// A folder that lives as long as its test.
final class TemporaryFolder {
  private let folder: URL
  var path: String { folder.path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "errata-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func url(_ name: String) -> URL { folder.appendingPathComponent(name) }
  func path(_ name: String) -> String { url(name).path }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let url = url(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }
}
