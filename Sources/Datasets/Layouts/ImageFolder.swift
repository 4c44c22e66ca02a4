import Foundation

/// The images below a folder, in the order of their paths.
package enum ImageFolder {
  package static let extensions: Set<String> = ["jpg", "jpeg", "png"]

  /// Recursive, through links too; hidden files and folders are left out.
  ///
  /// - Throws: if a folder cannot be listed, or there is no image.
  package static func list(_ folder: URL) throws(DatasetError) -> [Sample] {
    let root = folder.standardizedFileURL
    guard let kind = FileKind(root.path) else { throw DatasetError(folder.path, "no such folder") }
    guard case .folder(let identity) = kind else {
      throw DatasetError(folder.path, "a file, expected a folder")
    }
    var samples: [Sample] = []
    try collect(root, prefix: "", ancestors: [identity], into: &samples)
    guard !samples.isEmpty else {
      throw DatasetError(folder.path, "no image (jpg, jpeg, png) in this folder")
    }
    return samples.sorted { ($0.name, $0.image.path) < ($1.name, $1.image.path) }
  }

  /// - Parameter ancestors: the folders on the way down; a link back to one of them is not followed.
  private static func collect(
    _ folder: URL, prefix: String, ancestors: [FileKind.Identity], into samples: inout [Sample]
  ) throws(DatasetError) {
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw DatasetError(folder.path, "the folder cannot be listed: \(error.localizedDescription)")
    }
    for entry in entries where !entry.hasPrefix(".") {
      let url = folder.appendingPathComponent(entry, isDirectory: false)
      let isImage = extensions.contains(url.pathExtension.lowercased())
      switch FileKind(url.path) {
      case .folder(let identity):
        guard !ancestors.contains(identity) else { continue }
        try collect(url, prefix: prefix + entry + "/", ancestors: ancestors + [identity], into: &samples)
      case .other, nil:
        // A link to nowhere is listed too: whoever reads the image says so, and can go on with the others.
        guard isImage else { continue }
        samples.append(Sample(name: prefix + (entry as NSString).deletingPathExtension, image: url))
      }
    }
  }
}

/// What a path leads to, links followed.
private enum FileKind {
  struct Identity: Equatable {
    let device: UInt
    let inode: UInt
  }

  case folder(Identity)
  case other

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    self = isFolder ? .folder(Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))) : .other
  }
}
