import Imaging
import TensorCore

package typealias LabeledBatchLoader = BatchLoader<LabeledBatch>
package typealias UnlabeledBatchLoader = BatchLoader<UnlabeledBatch>

/// How a loader works; none of it changes what comes out.
package struct LoaderOptions: Sendable {
  /// Batches made ahead.
  package var prefetch = 3
  package var threads = 2
  /// Decoded images kept in memory.
  package var cacheLimitBytes = 512 << 20

  package init() {}
}

extension BatchLoader where Batch == LabeledBatch {
  /// - Precondition: every sample has a mask; there is at least one.
  package convenience init(
    labeled dataset: SegmentationDataset, batchSize: Int,
    augmentation configuration: AugmentationConfiguration,
    seed: UInt64, firstBatch: Int = 0, options: LoaderOptions = .init()
  ) {
    precondition(batchSize > 0 && !dataset.samples.isEmpty && dataset.samples.allSatisfy { $0.mask != nil })
    let augmentation = Augmentation(configuration: configuration, ignoreLabel: dataset.ignoreLabel)
    let reader = SampleReader(
      dataset: dataset, augmentation: augmentation, cacheLimitBytes: options.cacheLimitBytes)
    let plan = BatchPlan(sampleCount: dataset.samples.count, batchSize: batchSize, seed: seed)
    self.init(firstBatch: firstBatch, prefetch: options.prefetch, threads: options.threads) { batch in
      var images: [RGBImage] = []
      var labels: [UInt8] = []
      var names: [String] = []
      for (index, generator) in plan.entries(ofBatch: batch) {
        var generator = generator
        let sample = dataset.samples[index]
        let decoded = try reader.read(sample)
        let (image, mask) = augmentation.changeGeometry(decoded.image, decoded.mask, using: &generator)
        try BatchGeometry.check(image, against: images.first, name: sample.image.path)
        images.append(image)
        labels += mask?.labels ?? []
        names.append(sample.name)
      }
      let shape: Shape = [images.count, images[0].height, images[0].width]
      return LabeledBatch(
        images: ImageNormalization.tensor(from: images), labels: LabelTensor(labels, shape: shape),
        names: names)
    }
  }
}

extension BatchLoader where Batch == UnlabeledBatch {
  /// - Precondition: there is at least one sample.
  package convenience init(
    unlabeled dataset: SegmentationDataset, batchSize: Int,
    augmentation configuration: AugmentationConfiguration,
    seed: UInt64, firstBatch: Int = 0, options: LoaderOptions = .init()
  ) {
    precondition(batchSize > 0 && !dataset.samples.isEmpty)
    let augmentation = Augmentation(configuration: configuration, ignoreLabel: dataset.ignoreLabel)
    let reader = SampleReader(
      dataset: dataset, augmentation: augmentation, cacheLimitBytes: options.cacheLimitBytes)
    let plan = BatchPlan(sampleCount: dataset.samples.count, batchSize: batchSize, seed: seed)
    self.init(firstBatch: firstBatch, prefetch: options.prefetch, threads: options.threads) { batch in
      var plain: [RGBImage] = []
      var augmented: [RGBImage] = []
      var names: [String] = []
      for (index, generator) in plan.entries(ofBatch: batch) {
        var generator = generator
        let sample = dataset.samples[index]
        let decoded = try reader.read(Sample(name: sample.name, image: sample.image))
        let image = augmentation.changeGeometry(decoded.image, nil, using: &generator).image
        try BatchGeometry.check(image, against: plain.first, name: sample.image.path)
        plain.append(image)
        augmented.append(augmentation.changeColors(image, using: &generator))
        names.append(sample.name)
      }
      return UnlabeledBatch(
        plain: ImageNormalization.tensor(from: plain), augmented: ImageNormalization.tensor(from: augmented),
        names: names)
    }
  }
}

private enum BatchGeometry {
  static func check(_ image: RGBImage, against first: RGBImage?, name: String) throws(DatasetError) {
    guard let first, first.width != image.width || first.height != image.height else { return }
    throw DatasetError(
      name,
      "\(image.width)×\(image.height) pixels beside \(first.width)×\(first.height) in one batch: images of "
        + "different sizes need a crop or a resize (data.augmentation)")
  }
}
