import Datasets
import Foundation
import Imaging
import TensorCore
import Testing

@Suite struct BatchLoaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let augmentation = AugmentationConfiguration().cropped(width: 5, height: 4)

  /// Everything about a batch that a training could notice.
  private struct Content: Equatable {
    let names: [String]
    let values: [[Float]]
    let labels: [UInt8]
  }

  private func options(prefetch: Int, threads: Int, cacheLimitBytes: Int) -> LoaderOptions {
    var options = LoaderOptions()
    (options.prefetch, options.threads) = (prefetch, threads)
    options.cacheLimitBytes = cacheLimitBytes
    return options
  }

  private func labeled(
    _ dataset: SegmentationDataset, count: Int, batchSize: Int = 3, seed: UInt64 = 1, first: Int = 0,
    options: LoaderOptions = .init()
  ) throws -> [Content] {
    let loader = LabeledBatchLoader(
      labeled: dataset, batchSize: batchSize, augmentation: Self.augmentation, seed: seed, firstBatch: first,
      options: options)
    return try (0..<count).map { _ in
      let batch = try loader.next()
      return Content(names: batch.names, values: [batch.images.values], labels: batch.labels.labels)
    }
  }

  private func unlabeled(
    _ dataset: SegmentationDataset, count: Int, first: Int = 0, options: LoaderOptions = .init()
  ) throws -> [Content] {
    let loader = UnlabeledBatchLoader(
      unlabeled: dataset, batchSize: 3, augmentation: Self.augmentation, seed: 1, firstBatch: first,
      options: options)
    return try (0..<count).map { _ in
      let batch = try loader.next()
      return Content(names: batch.names, values: [batch.plain.values, batch.augmented.values], labels: [])
    }
  }

  @Test(arguments: [(1, 1, 0), (1, 3, 1 << 20), (8, 4, 300), (3, 2, 512 << 20)])
  func batchesDependOnTheSeedAlone(prefetch: Int, threads: Int, cacheLimitBytes: Int) throws {
    let dataset = try folder.writePositions(count: 7, width: 9, height: 8)
    let options = options(prefetch: prefetch, threads: threads, cacheLimitBytes: cacheLimitBytes)
    #expect(try labeled(dataset, count: 12, options: options) == labeled(dataset, count: 12))
    #expect(try unlabeled(dataset, count: 12, options: options) == unlabeled(dataset, count: 12))
  }

  @Test(arguments: [1, 5, 9])
  func aResumedLoaderGoesOnWithTheSameBatches(_ first: Int) throws {
    let dataset = try folder.writePositions(count: 7, width: 9, height: 8)
    #expect(
      try labeled(dataset, count: 4, first: first)
        == labeled(dataset, count: 13)[first..<first + 4].map { $0 })
    #expect(
      try unlabeled(dataset, count: 4, first: first)
        == unlabeled(dataset, count: 13)[first..<first + 4].map { $0 })
  }

  @Test func otherSeedsGiveOtherBatches() throws {
    let dataset = try folder.writePositions(count: 7, width: 9, height: 8)
    let (one, two) = (try labeled(dataset, count: 7, seed: 1), try labeled(dataset, count: 7, seed: 2))
    #expect(one.map(\.names) != two.map(\.names))
    #expect(zip(one, two).allSatisfy { $0 != $1 })
  }

  @Test func everyEpochIsAPermutationAndBatchesMayStraddleTwo() throws {
    let dataset = try folder.writePositions(count: 7, width: 9, height: 8)
    let names = try labeled(dataset, count: 14).flatMap(\.names)
    let epochs = (0..<6).map { Array(names[$0 * 7..<$0 * 7 + 7]) }
    for epoch in epochs { #expect(epoch.sorted() == dataset.samples.map(\.name)) }
    #expect(Set(epochs).count == 6)
  }

  @Test func batchesMayExceedTheDataSet() throws {
    let dataset = try folder.writePositions(count: 2, width: 9, height: 8)
    let names = try labeled(dataset, count: 1, batchSize: 5)[0].names
    #expect(Set(names[..<2]) == ["s0", "s1"] && Set(names[2..<4]) == ["s0", "s1"])
  }

  @Test func aSampleLooksDifferentInEachEpoch() throws {
    let dataset = try folder.writePositions(count: 1, width: 60, height: 60)
    let views = try labeled(dataset, count: 10, batchSize: 1).map(\.values)
    #expect(Set(views).count == 10)
  }

  @Test(arguments: [(512 << 20, true), (0, false)])
  func decodedImagesStayInMemoryUpToTheLimit(_ limit: Int, stays: Bool) throws {
    let dataset = try folder.writePositions(count: 3, width: 9, height: 8)
    let loader = LabeledBatchLoader(
      labeled: dataset, batchSize: 3, augmentation: Self.augmentation, seed: 1,
      options: options(prefetch: 1, threads: 1, cacheLimitBytes: limit))
    _ = try loader.next()
    try FileManager.default.removeItem(at: folder.path("images"))
    // One batch may have been under way.
    let results = (0..<4).map { _ in Result { try loader.next() } }
    if stays {
      for result in results { #expect(try result.get().names.count == 3) }
    } else {
      let error = #expect(throws: ImageError.self) { try results[3].get() }
      #expect(error?.file.hasPrefix(folder.path("images").path) == true)
    }
  }

  @Test func errorsSurfaceAtTheirBatchAndTheRestGoesOn() throws {
    let dataset = try folder.writePositions(count: 5, width: 9, height: 8)
    let path = folder.path("images/s2.png")
    let whole = [UInt8](try Data(contentsOf: path))
    try AtomicFile.write(whole.prefix(whole.count / 2), to: path)
    let loader = LabeledBatchLoader(labeled: dataset, batchSize: 1, augmentation: Self.augmentation, seed: 1)
    var failures: [String] = []
    var names: [String] = []
    for _ in 0..<10 {
      do { names += try loader.next().names } catch { failures.append("\(error)") }
    }
    #expect(failures.count == 2 && failures.allSatisfy { $0.hasPrefix(path.path + ": ") }, "\(failures)")
    #expect(names.sorted() == ["s0", "s0", "s1", "s1", "s3", "s3", "s4", "s4"])
  }

  @Test func imagesOfDifferentSizesNeedACropOrAResize() throws {
    var samples = try folder.writePositions(count: 1, width: 9, height: 8).samples
    let image = try folder.write(RGBImage.positions(width: 8, height: 8), to: "images/other.png")
    samples.append(Sample(name: "other", image: image))
    let dataset = SegmentationDataset(samples: samples, classes: TemporaryFolder.classes, ignoreLabel: 255)
    let loader = UnlabeledBatchLoader(unlabeled: dataset, batchSize: 2, augmentation: .none, seed: 1)
    let error = #expect(throws: DatasetError.self) { try loader.next() }
    #expect(error?.reason.contains("9×8") == true && error?.reason.contains("8×8") == true)
    #expect(try unlabeled(dataset, count: 3).count == 3)
  }
}
