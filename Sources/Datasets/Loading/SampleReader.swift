import Foundation
import Imaging
import Synchronization

/// Decodes samples, checks masks, and keeps decoded ones while they fit.
final class SampleReader: Sendable {
  struct Decoded: Sendable {
    let image: RGBImage
    let mask: LabelMask?
  }

  private struct Cache {
    var samples: [Sample: Decoded] = [:]
    var bytes = 0
  }

  private let dataset: SegmentationDataset
  private let augmentation: Augmentation
  private let cacheLimitBytes: Int
  private let cache = Mutex(Cache())

  init(dataset: SegmentationDataset, augmentation: Augmentation, cacheLimitBytes: Int) {
    self.dataset = dataset
    self.augmentation = augmentation
    self.cacheLimitBytes = cacheLimitBytes
  }

  /// The sample after the fixed resize. Safe to call from several threads.
  func read(_ sample: Sample) throws -> Decoded {
    if let known = cache.withLock({ $0.samples[sample] }) { return known }
    let image = try ImageFile.decode(at: sample.image)
    var mask: LabelMask?
    if let url = sample.mask {
      let stored = try MaskFile.decode(at: url, colors: ColorTable(dataset.classes.colors))
      mask = augmentation.resize(try checked(stored, of: image, at: url))
    }
    let decoded = Decoded(image: augmentation.resize(image), mask: mask)
    let bytes = decoded.image.pixels.count + (decoded.mask?.labels.count ?? 0)
    cache.withLock { cache in
      guard cache.bytes + bytes <= cacheLimitBytes, cache.samples[sample] == nil else { return }
      cache.samples[sample] = decoded
      cache.bytes += bytes
    }
    return decoded
  }

  private func checked(_ mask: LabelMask, of image: RGBImage, at url: URL) throws(DatasetError) -> LabelMask {
    guard mask.width == image.width, mask.height == image.height else {
      throw DatasetError(
        url.path, "the mask has \(mask.width)×\(mask.height) pixels, its image \(image.width)×\(image.height)")
    }
    var mask = mask
    if let mapping = dataset.labelMapping {
      for index in mask.labels.indices { mask.labels[index] = mapping[Int(mask.labels[index])] }
    }
    let (count, ignore) = (dataset.classes.count, dataset.ignoreLabel)
    if let index = mask.labels.firstIndex(where: { Int($0) >= count && $0 != ignore }) {
      throw DatasetError(
        url.path,
        "label \(mask.labels[index]) at x \(index % mask.width), y \(index / mask.width); expected 0 to "
          + "\(count - 1), or \(ignore) for ignored pixels")
    }
    return mask
  }
}
