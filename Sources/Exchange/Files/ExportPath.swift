import Foundation

/// Where the file of an image goes below an output folder.
package enum ExportPath {
  /// Why an image's path is refused.
  package struct Problem: Error, CustomStringConvertible, Equatable {
    package let description: String
  }

  /// `images/a.jpg` becomes `images/a.png` in `folder`.
  ///
  /// - Throws: if the path would lead out of the folder: databases come from other machines too.
  package static func url(
    forImage path: String, in folder: URL, extension fileExtension: String
  ) throws(Problem) -> URL {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !path.isEmpty, !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }),
      !path.unicodeScalars.contains("\0")
    else {
      throw Problem(
        description: "image '\(path)': expected a path below the audited folder; nothing is written for it")
    }
    let stem = (path as NSString).deletingPathExtension
    return folder.appendingPathComponent(stem + "." + fileExtension, isDirectory: false)
  }
}

/// Sees that no file of an export replaces another one of the same export.
package struct ExportNames {
  private var imageOf: [String: String] = [:]

  package init() {}

  /// - Throws: if an earlier image has the same file, as `a.jpg` and `a.png` have; the text names both.
  package mutating func claim(_ file: URL, forImage path: String) throws(ExportPath.Problem) {
    if let other = imageOf.updateValue(path, forKey: file.path) {
      throw ExportPath.Problem(
        description: "images '\(other)' and '\(path)' would both become \(file.path); rename one of them")
    }
  }
}
