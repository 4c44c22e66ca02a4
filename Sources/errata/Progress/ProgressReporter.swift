import Foundation

/// Says on standard error how far a long job is: one line that is rewritten on a terminal, plain lines in a log.
final class ProgressReporter {
  private let total: Int
  private let unit: String
  private let start = ContinuousClock.now
  private let startCount: Int
  private var lastShown: ContinuousClock.Instant?
  private let isTerminal = isatty(STDERR_FILENO) != 0

  /// How often a line goes to a log; a terminal is updated ten times a second at most.
  private static let logInterval = Duration.seconds(10)

  init(total: Int, done: Int = 0, unit: String) {
    self.total = total
    self.unit = unit
    startCount = done
  }

  /// Shows `done` of the total with the time left and `detail`, unless it did so just now.
  ///
  /// - Parameter secondsLeft: where the caller knows better than that all units take the same time.
  func update(done: Int, detail: String, secondsLeft: Double? = nil, force: Bool = false) {
    let now = ContinuousClock.now
    let interval = isTerminal ? Duration.milliseconds(100) : Self.logInterval
    if !force, done < total, let lastShown, lastShown.duration(to: now) < interval { return }
    lastShown = now
    let elapsed = start.duration(to: now)
    let finished = done - startCount
    var left = ", \(Self.text(elapsed))"
    if finished > 0 && done < total {
      let remaining = secondsLeft.map { .seconds($0) } ?? elapsed / finished * (total - done)
      left = ", \(Self.text(remaining)) left"
    }
    let line = "\(done)/\(total) \(unit)\(left)  \(detail)"
    if isTerminal {
      Console.error("\r\u{1B}[K" + line, terminator: done >= total || force ? "\n" : "")
    } else {
      Console.error(line)
    }
  }

  /// `1 h 02 min`, `3 min 20 s`, `12 s`.
  static func text(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    if seconds >= 3600 { return String(format: "%d h %02d min", seconds / 3600, seconds % 3600 / 60) }
    return seconds >= 60 ? String(format: "%d min %02d s", seconds / 60, seconds % 60) : "\(seconds) s"
  }
}

/// Results go to standard output, everything else to standard error.
enum Console {
  static func error(_ text: String, terminator: String = "\n") {
    FileHandle.standardError.write(Data((text + terminator).utf8))
  }
}
