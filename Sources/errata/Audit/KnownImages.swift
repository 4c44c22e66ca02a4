import AuditStore
import Datasets

/// What a run knows of a folder's files before an audit reads them: images are known by their content, not by their
/// names.
struct KnownImages: Sendable {
  /// In the order of the folder: those that must be read, because they are new, or failed, or their files may have
  /// changed.
  let remaining: [Sample]
  /// The content of audited images whose files may have changed, by path.
  let doubtful: [String: String]
  /// The paths of audited images that are no longer in the folder, by content, the first path last.
  private(set) var missing: [String: [String]]

  init(_ samples: [Sample], run: AuditRun, store: AuditStore, inputs: AuditInputs) throws {
    let stamps = try store.stamps(run)
    var remaining: [Sample] = []
    var doubtful: [String] = []
    var missing = Set(stamps.keys)
    for sample in samples {
      let path = sample.relativePath
      missing.remove(path)
      if let known = stamps[path] {
        if let known, known == inputs.stamp(sample) { continue }
        doubtful.append(path)
      }
      remaining.append(sample)
    }
    self.remaining = remaining
    self.doubtful = try store.contents(run, of: doubtful)
    self.missing = [:]
    let lost = try store.contents(run, of: Array(missing))
    for (path, content) in lost.sorted(by: { $0.key > $1.key }) {
      self.missing[content, default: []].append(path)
    }
  }

  /// Whether an image of this content need not be audited again.
  func holds(path: String, content: String) -> Bool { doubtful[path] == content || missing[content] != nil }

  /// The former path of a renamed image; each is given once.
  mutating func takeFormerPath(content: String) -> String? {
    guard let path = missing[content]?.popLast() else { return nil }
    if missing[content]?.isEmpty == true { missing[content] = nil }
    return path
  }

  var missingCount: Int { missing.values.reduce(0) { $0 + $1.count } }
}

extension Sample {
  /// The image's path below its folder.
  var relativePath: String { name + "." + image.pathExtension }
}
