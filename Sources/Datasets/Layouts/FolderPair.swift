import Foundation

/// A folder of images and a folder of masks with the same names.
package enum FolderPair {
  /// Pairs by path without extension.
  ///
  /// - Parameter split: restricts to the names of the file; without one every image needs a mask and the
  ///   other way round.
  package static func samples(
    images: URL, masks: URL, split: SplitFile? = nil
  ) throws(DatasetError) -> [Sample] {
    let allImages = try ImageFolder.list(images)
    let allMasks = try ImageFolder.list(masks)
    let chosen = try split?.select(from: allImages) ?? allImages
    try checkNames(of: chosen, in: images)
    try checkNames(of: allMasks, in: masks)
    let maskOf = Dictionary(uniqueKeysWithValues: allMasks.map { ($0.name, $0.image) })
    let unmatched = chosen.filter { maskOf[$0.name] == nil }
    guard unmatched.isEmpty else {
      throw .unmatched(unmatched, of: chosen.count, what: "image", lacking: "mask", in: masks)
    }
    if split == nil {
      let names = Set(allImages.map(\.name))
      let orphans = allMasks.filter { !names.contains($0.name) }
      guard orphans.isEmpty else {
        throw .unmatched(orphans, of: allMasks.count, what: "mask", lacking: "image", in: images)
      }
    }
    return chosen.map { Sample(name: $0.name, image: $0.image, mask: maskOf[$0.name]) }
  }

  /// - Throws: for two files that differ in their extension only.
  private static func checkNames(of samples: [Sample], in folder: URL) throws(DatasetError) {
    var files: [String: URL] = [:]
    for sample in samples {
      guard let other = files.updateValue(sample.image, forKey: sample.name) else { continue }
      throw DatasetError(
        folder.path,
        "two files are called '\(sample.name)': \(other.lastPathComponent) and "
          + sample.image.lastPathComponent
      )
    }
  }
}
