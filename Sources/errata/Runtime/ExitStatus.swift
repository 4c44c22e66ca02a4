import ArgumentParser

/// What the program tells its caller.
enum ExitStatus {
  /// Nothing could be done, or not all of it; the reason is on standard error.
  static let failure = ExitCode(1)
  /// The job is done, but some images failed; they are recorded.
  static let someImagesFailed = ExitCode(2)
  /// The condition of `--fail-if` holds.
  static let conditionHolds = ExitCode(3)
  /// Ctrl-C: the work so far is saved and can be continued.
  static let interrupted = ExitCode(130)

  static let help = """
    Exit codes: 0 done; 1 failed, the reason is on standard error; 2 done, but some images failed; \
    3 a condition of --fail-if holds; 64 wrong usage; 130 interrupted, the work so far is saved.
    """
}
