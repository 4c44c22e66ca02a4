import Foundation

/// A folder of images and a folder of masks with the same names.
package enum FolderPair {
  /// Pairs by path without extension.
  ///
  /// - Parameter split: restricts to the names of the file; without one every image needs a mask and the other way
  ///   round.
  package static func samples(
    images: URL, masks: URL, split: SplitFile? = nil
  ) throws(DatasetError) -> [Sample] {
    let allImages = try ImageFolder.list(images)
    let allMasks = try ImageFolder.list(masks)
    var maskOf: [String: URL] = [:]
    for mask in allMasks { maskOf[mask.name] = mask.image }
    let chosen = try split?.select(from: allImages) ?? allImages
    let unmatched = chosen.filter { maskOf[$0.name] == nil }
    guard unmatched.isEmpty else {
      throw DatasetError(masks.path, describe(unmatched, what: "image", of: chosen.count, lacking: "mask"))
    }
    if split == nil {
      let names = Set(allImages.map(\.name))
      let orphans = allMasks.filter { !names.contains($0.name) }
      guard orphans.isEmpty else {
        throw DatasetError(images.path, describe(orphans, what: "mask", of: allMasks.count, lacking: "image"))
      }
    }
    return chosen.map { Sample(name: $0.name, image: $0.image, mask: maskOf[$0.name]) }
  }

  private static func describe(_ samples: [Sample], what: String, of total: Int, lacking: String) -> String {
    let names = samples.prefix(3).map(\.name).joined(separator: ", ")
    return "\(samples.count) of \(total) \(what)s have no \(lacking): \(names)\(samples.count > 3 ? ", …" : "")"
  }
}
