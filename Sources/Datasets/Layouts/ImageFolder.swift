import Foundation

/// The images below a folder, in the order of their paths.
package enum ImageFolder {
  private static let extensions: Set<String> = ["jpg", "jpeg", "png"]

  /// Recursive; hidden files and folders are left out.
  ///
  /// - Throws: if the folder cannot be listed or holds no image.
  package static func list(_ folder: URL) throws(DatasetError) -> [Sample] {
    let root = folder.standardizedFileURL
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root.path, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw DatasetError(folder.path, "no such folder")
    }
    guard
      let paths = FileManager.default.enumerator(
        at: root, includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
    else { throw DatasetError(folder.path, "the folder cannot be listed") }
    var samples: [Sample] = []
    let prefix = root.path.hasSuffix("/") ? root.path : root.path + "/"
    for case let url as URL in paths where extensions.contains(url.pathExtension.lowercased()) {
      let path = url.standardizedFileURL.path
      let relative = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : url.lastPathComponent
      samples.append(Sample(name: (relative as NSString).deletingPathExtension, image: url))
    }
    guard !samples.isEmpty else { throw DatasetError(folder.path, "no image (jpg, jpeg, png) in this folder") }
    return samples.sorted { ($0.name, $0.image.path) < ($1.name, $1.image.path) }
  }
}

/// A list of sample names, one a line, with or without extension; # begins a comment.
package struct SplitFile: Sendable {
  package let path: String
  package let names: [String]

  package init(contentsOf url: URL) throws(DatasetError) {
    path = url.path
    let text: String
    do {
      text = try String(contentsOf: url, encoding: .utf8)
    } catch {
      throw DatasetError(url.path, "the split cannot be read: \(error.localizedDescription)")
    }
    names = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    guard !names.isEmpty else { throw DatasetError(url.path, "the split names no image") }
  }

  /// The samples that are named, in the order of the file. A name may leave out extension and folders.
  package func select(from samples: [Sample]) throws(DatasetError) -> [Sample] {
    var known: [String: Sample] = [:]
    for sample in samples {
      known[(sample.name as NSString).lastPathComponent] = sample
    }
    for sample in samples {
      known[sample.name] = sample
      known[sample.name + "." + sample.image.pathExtension] = sample
    }
    var selected: [Sample] = []
    for name in names {
      guard let sample = known[name] ?? known[(name as NSString).deletingPathExtension] else {
        throw DatasetError(path, "'\(name)' is not among the \(samples.count) images")
      }
      selected.append(sample)
    }
    return selected
  }
}
