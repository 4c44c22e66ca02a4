import Foundation
import Imaging
import TensorCore

/// Which samples make up a batch, and in what random state: a pure function of the seed and the batch's number.
struct BatchPlan: Sendable {
  let sampleCount: Int
  let batchSize: Int
  let seed: UInt64

  /// Position in the endless series of epochs, each a permutation of all samples, and the sample's generator.
  func entries(ofBatch batch: Int) -> [(sample: Int, generator: SeededGenerator)] {
    var permutations: [Int: [Int]] = [:]
    return (0..<batchSize).map { slot in
      let position = batch * batchSize + slot
      let epoch = position / sampleCount
      let order = permutations[epoch] ?? permutation(epoch)
      permutations[epoch] = order
      return (order[position % sampleCount], SeededGenerator(seed: seed ^ 0x5EED, stream: UInt64(position)))
    }
  }

  private func permutation(_ epoch: Int) -> [Int] {
    var generator = SeededGenerator(seed: seed, stream: UInt64(epoch))
    return Array(0..<sampleCount).shuffled(using: &generator)
  }
}

/// Makes batches ahead of their use, on threads of its own, and hands them out in order.
///
/// What comes out depends on data, settings, seed and batch number alone.
package final class BatchLoader<Batch: Sendable>: @unchecked Sendable {
  // Invariant behind `@unchecked Sendable`: everything mutable is touched under `condition` only.
  private let condition = NSCondition()
  private var ready: [Int: Result<Batch, any Error>] = [:]
  private var nextToMake: Int
  private var nextToHandOut: Int
  private var isStopped = false
  private var waited = Duration.zero
  private let prefetch: Int
  private let make: @Sendable (Int) throws -> Batch

  /// - Parameter make: called on the loader's threads, once for every number from `firstBatch` on.
  package init(
    firstBatch: Int, prefetch: Int, threads: Int, make: @escaping @Sendable (Int) throws -> Batch
  ) {
    precondition(prefetch > 0 && threads > 0)
    nextToMake = firstBatch
    nextToHandOut = firstBatch
    self.prefetch = prefetch
    self.make = make
    for _ in 0..<threads {
      let thread = Thread { [weak self] in
        while self?.makeOne() ?? false {}
      }
      thread.name = "errata-loader"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  deinit { stop() }

  /// Lets the threads end; batches that were made are dropped.
  package func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }

  /// How long `next()` had to wait in all.
  package var waitedSeconds: Double {
    condition.lock()
    defer { condition.unlock() }
    return Double(waited.components.seconds) + Double(waited.components.attoseconds) * 1e-18
  }

  /// The next batch.
  ///
  /// - Throws: what went wrong with one of its samples, naming the file.
  package func next() throws -> Batch {
    let start = ContinuousClock.now
    condition.lock()
    defer { condition.unlock() }
    while ready[nextToHandOut] == nil { condition.wait() }
    waited += start.duration(to: .now)
    defer {
      nextToHandOut += 1
      condition.broadcast()
    }
    guard let result = ready.removeValue(forKey: nextToHandOut) else { preconditionFailure("checked above") }
    return try result.get()
  }

  /// Returns false when the loader is done for. Waits in slices, so that a forgotten loader can be freed.
  private func makeOne() -> Bool {
    condition.lock()
    if !isStopped && nextToMake >= nextToHandOut + prefetch {
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.25))
    }
    guard !isStopped else {
      condition.unlock()
      return false
    }
    guard nextToMake < nextToHandOut + prefetch else {
      condition.unlock()
      return true
    }
    let index = nextToMake
    nextToMake += 1
    condition.unlock()
    let result = Result { try make(index) }
    condition.lock()
    ready[index] = result
    condition.broadcast()
    condition.unlock()
    return true
  }
}

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
    labeled dataset: SegmentationDataset, batchSize: Int, augmentation configuration: AugmentationConfiguration,
    seed: UInt64, firstBatch: Int = 0, options: LoaderOptions = .init()
  ) {
    precondition(!dataset.samples.isEmpty && dataset.samples.allSatisfy { $0.mask != nil })
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
        images: ImageNormalization.tensor(from: images), labels: LabelTensor(labels, shape: shape), names: names)
    }
  }
}

extension BatchLoader where Batch == UnlabeledBatch {
  /// - Precondition: there is at least one sample.
  package convenience init(
    unlabeled dataset: SegmentationDataset, batchSize: Int, augmentation configuration: AugmentationConfiguration,
    seed: UInt64, firstBatch: Int = 0, options: LoaderOptions = .init()
  ) {
    precondition(!dataset.samples.isEmpty)
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
      "\(image.width)×\(image.height) pixels beside \(first.width)×\(first.height) in one batch: images of different "
        + "sizes need a crop or a resize (data.augmentation)")
  }
}
