import Datasets

/// What the augmentation asks of the images that go into one batch.
struct BatchRequirements {
  let augmentation: AugmentationConfiguration

  private var isResized: Bool { augmentation.resizeHeight > 0 }
  private var isCropped: Bool { augmentation.cropHeight > 0 }

  func problems(with summary: DatasetSummary, name: String) -> [String] {
    guard summary.sizes.count > 1, !isResized, !isCropped else { return [] }
    return [
      "\(name): images of \(summary.sizes.count) sizes; a batch needs one: set data.augmentation.cropHeight and "
        + "cropWidth, or resizeHeight and resizeWidth"
    ]
  }

  func notes(on summary: DatasetSummary, name: String) -> [String] {
    guard isCropped, !isResized else { return [] }
    let small = summary.sizes.filter {
      $0.key.width < augmentation.cropWidth || $0.key.height < augmentation.cropHeight
    }.values.reduce(0, +)
    guard small > 0 else { return [] }
    return [
      "\(name): \(small) of \(summary.imageCount) images are smaller than the crop, "
        + "\(augmentation.cropWidth)×\(augmentation.cropHeight), and will be padded"
    ]
  }

  /// What the loader keeps of the decoded images. *Units*: bytes.
  func cacheBytes(of summary: DatasetSummary, isLabeled: Bool) -> Int {
    let channels = isLabeled ? 4 : 3
    let pixels = summary.sizes.reduce(0) { sum, size in
      let resized = augmentation.resizeHeight * augmentation.resizeWidth
      return sum + size.value * (isResized ? resized : size.key.width * size.key.height)
    }
    return min(pixels * channels, LoaderOptions().cacheLimitBytes)
  }
}
