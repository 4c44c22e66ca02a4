import Foundation
import Synchronization

/// Whether Ctrl-C (or SIGTERM) asked a long job to finish what it is at and stop. A second Ctrl-C ends it at once.
enum Interruption {
  private static let flag = Atomic<Bool>(false)

  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  static func install() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      signal(number) { number in
        if Interruption.flag.exchange(true, ordering: .relaxed) { _exit(128 + number) }
      }
    }
    // Whoever started this program may have blocked them, and a block is inherited.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}
