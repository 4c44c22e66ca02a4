import AuditStore
import Auditing
import Foundation
import Synchronization

/// Sums up and writes predictions on a thread of its own, a few behind the networks.
final class AuditWriter: Sendable {
  private let store: AuditStore
  private let run: AuditRun
  private let regionSettings: RegionSettings
  private let queue = DispatchQueue(label: "errata.audit-writer")
  private let slots = DispatchSemaphore(value: 2)
  private let failure = Mutex<(any Error)?>(nil)

  init(store: AuditStore, run: AuditRun, regionSettings: RegionSettings) {
    self.store = store
    self.run = run
    self.regionSettings = regionSettings
  }

  /// Waits while two predictions are under way already.
  ///
  /// - Throws: what went wrong with an earlier one.
  func write(
    _ prediction: PixelPrediction, path: String, contentSHA256: String, file: FileIdentity
  ) throws {
    try rethrow()
    // Nothing may throw from here on: a semaphore that goes while a slot is taken ends the program.
    slots.wait()
    queue.async { [self] in
      defer { slots.signal() }
      do {
        try store.record(
          ImageAudit(prediction, regions: regionSettings), path: path, contentSHA256: contentSHA256,
          file: file, run: run)
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
  }

  /// Waits for what is under way.
  func finish() throws {
    queue.sync {}
    try rethrow()
  }

  private func rethrow() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
