import Foundation

/// The files of one training.
struct RunFolder {
  let url: URL
  let isResumed: Bool

  var checkpoint: URL { url.appendingPathComponent("checkpoint.safetensors") }
  var model: URL { url.appendingPathComponent("model.safetensors") }
  /// The model with the best mIoU of all validations.
  var bestModel: URL { url.appendingPathComponent("model-best.safetensors") }
  /// The model as it was before the semi-supervised stage.
  var jointModel: URL { url.appendingPathComponent("model-joint.safetensors") }
  var log: URL { url.appendingPathComponent("log.jsonl") }
  var configuration: URL { url.appendingPathComponent("configuration.yaml") }

  /// Held as long as this folder's training is at work.
  private let lock: FolderLock

  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// Makes the folder. One that holds a training already is touched only to resume it.
  init(_ url: URL, resume: Bool) throws {
    self.url = url
    let files = FileManager.default
    let checkpoint = url.appendingPathComponent("checkpoint.safetensors")
    let hasRun =
      files.fileExists(atPath: checkpoint.path)
      || files.fileExists(atPath: url.appendingPathComponent("model.safetensors").path)
    if hasRun && !resume {
      throw Problem(
        description: "\(url.path): holds a training already; add --resume, or name another folder")
    }
    if resume && !files.fileExists(atPath: checkpoint.path) {
      throw Problem(description: "\(checkpoint.path): no checkpoint to resume from")
    }
    isResumed = resume
    try files.createDirectory(at: url, withIntermediateDirectories: true)
    guard let lock = FolderLock(url) else {
      throw Problem(description: "\(url.path): another training is at work in this folder")
    }
    self.lock = lock
  }

  /// Drops what the log says of steps after `step`, which a resumed run does again.
  func truncateLog(afterStep step: Int) throws {
    guard isResumed, let text = try? String(contentsOf: log, encoding: .utf8) else {
      try Data().write(to: log)
      return
    }
    struct Line: Decodable { let step: Int }
    let kept = text.split(separator: "\n").filter { line in
      guard let parsed = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else { return false }
      return parsed.step <= step
    }
    try Data((kept.joined(separator: "\n") + (kept.isEmpty ? "" : "\n")).utf8).write(
      to: log, options: .atomic)
  }
}
