import Foundation

/// A list of sample names, one a line, with or without extension; lines that begin with # are comments.
package struct SplitFile: Sendable {
  package var path: String { file.path }
  package var names: [String] { file.lines.map(\.text) }
  private let file: TextLines

  package init(contentsOf url: URL) throws(DatasetError) {
    file = try TextLines(contentsOf: url)
    guard !file.lines.isEmpty else { throw DatasetError(url.path, "the split names no image") }
  }

  /// The samples that are named, in the order of the file. A name may leave out extension and folders.
  ///
  /// - Throws: for a name that no sample has, that several have, or that comes twice.
  package func select(from samples: [Sample]) throws(DatasetError) -> [Sample] {
    let index = NameIndex(samples)
    var selected: [Sample] = []
    var lineOfSample: [Sample: Int] = [:]
    for line in file.lines {
      let found = index.samples(named: line.text)
      guard let sample = found.first else {
        throw file.error(line: line.number, "'\(line.text)' is not among the \(samples.count) images")
      }
      guard found.count == 1 else {
        let names = found.map(NameIndex.path)
        throw file.error(
          line: line.number,
          "'\(line.text)' could be \(names[0]) or \(names[1])\(names.count > 2 ? " or others" : "")")
      }
      if let first = lineOfSample.updateValue(line.number, forKey: sample) {
        throw file.error(line: line.number, "'\(line.text)' again, first on line \(first)")
      }
      selected.append(sample)
    }
    return selected
  }
}

/// Samples by the four ways to name them: with or without folders, with or without extension.
private struct NameIndex {
  private var samplesByPath: [String: [Sample]] = [:]
  private var samplesByFile: [String: [Sample]] = [:]

  init(_ samples: [Sample]) {
    for sample in samples {
      let path = Self.path(sample)
      samplesByPath[sample.name, default: []].append(sample)
      samplesByPath[path, default: []].append(sample)
      samplesByFile[(sample.name as NSString).lastPathComponent, default: []].append(sample)
      samplesByFile[(path as NSString).lastPathComponent, default: []].append(sample)
    }
  }

  static func path(_ sample: Sample) -> String { "\(sample.name).\(sample.image.pathExtension)" }

  func samples(named name: String) -> [Sample] {
    if let found = samplesByPath[name] ?? samplesByFile[name] { return found }
    // The list may name the mask's file: another extension of an image is as good as none.
    let file = name as NSString
    guard ImageFolder.extensions.contains(file.pathExtension.lowercased()) else { return [] }
    let stem = file.deletingPathExtension
    return samplesByPath[stem] ?? samplesByFile[stem] ?? []
  }
}
