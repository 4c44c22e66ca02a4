import Foundation
import Imaging
import Synchronization

/// Decodes samples and keeps them while they fit.
final class SampleReader: Sendable {
  struct Decoded: Sendable {
    let image: RGBImage
    let mask: LabelMask?
  }

  private struct Cache {
    var samples: [Sample: Decoded] = [:]
    var bytes = 0
  }

  private let masks: MaskReader
  private let augmentation: Augmentation
  private let cacheLimitBytes: Int
  private let cache = Mutex(Cache())

  init(dataset: SegmentationDataset, augmentation: Augmentation, cacheLimitBytes: Int) {
    masks = MaskReader(dataset)
    self.augmentation = augmentation
    self.cacheLimitBytes = cacheLimitBytes
  }

  /// The sample after the fixed resize. Safe to call from several threads.
  func read(_ sample: Sample) throws -> Decoded {
    if let known = cache.withLock({ $0.samples[sample] }) { return known }
    let image = try ImageFile.decode(at: sample.image)
    var mask: LabelMask?
    if let url = sample.mask {
      mask = augmentation.resize(try masks.read(url, width: image.width, height: image.height))
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
}
