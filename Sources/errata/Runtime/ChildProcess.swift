import Foundation

/// This program again, with other arguments, until it ends.
///
/// The child is in a process group of its own, so that Ctrl-C reaches this program alone, which hands it on once: a
/// child that is asked twice would not save its work.
enum ChildProcess {
  struct Outcome {
    /// 128 + the signal's number where a signal ended it.
    let exitCode: Int32
    let seconds: Double
    /// The most memory that it held. *Units*: bytes.
    let peakBytes: Int
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private static let pollMicroseconds: UInt32 = 50_000

  /// - Parameter output: receives standard output; standard error goes where this program's goes.
  static func run(_ arguments: [String], output: URL) throws -> Outcome {
    let start = ContinuousClock.now
    let child = try spawn(arguments, output: output)
    var handedOn = false
    var status: Int32 = 0
    var usage = rusage()
    while true {
      let ended = wait4(child, &status, WNOHANG, &usage)
      if ended == child { break }
      if ended < 0 && errno != EINTR {
        throw Failure(description: "errata \(arguments[0]): \(String(cString: strerror(errno)))")
      }
      if Interruption.isRequested && !handedOn {
        kill(child, SIGINT)
        handedOn = true
      }
      usleep(pollMicroseconds)
    }
    let signal = status & 0x7F
    return Outcome(
      exitCode: signal == 0 ? status >> 8 & 0xFF : 128 + signal,
      seconds: start.duration(to: .now) / .seconds(1), peakBytes: usage.ru_maxrss << 10)
  }

  private static func spawn(_ arguments: [String], output: URL) throws -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &files, STDOUT_FILENO, output.path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    var words = (["errata"] + arguments).map { strdup($0) }
    defer { words.forEach { free($0) } }
    words.append(nil)
    var child: pid_t = 0
    // The program as it is running: its file may have been replaced since.
    let code = posix_spawn(&child, "/proc/self/exe", &files, &attributes, words, environ)
    guard code == 0 else {
      throw Failure(
        description: "errata \(arguments[0]) cannot be started: \(String(cString: strerror(code)))")
    }
    return child
  }
}
