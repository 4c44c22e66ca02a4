import Datasets
import Foundation
import TensorCore

/// Case (f): decode a folder's images and make both views of them, through the training's loader, nothing kept.
final class ImagesCase: BenchmarkCase {
  private let dataset: SegmentationDataset
  private let augmentation: AugmentationConfiguration
  private let settings: CaseSettings

  init(_ settings: CaseSettings) throws {
    guard let folder = settings.folder else { throw BenchmarkError("the case `images` needs --folder") }
    self.settings = settings
    let samples = try ImageFolder.list(URL(fileURLWithPath: folder))
    dataset = SegmentationDataset(
      samples: Array(samples.prefix(64)), classes: ClassList(names: ["a", "b"]), ignoreLabel: 255)
    var augmentation = AugmentationConfiguration()
    augmentation.cropHeight = 256
    augmentation.cropWidth = 256
    self.augmentation = augmentation
  }

  var exchange: [(name: String, tensor: Tensor)] { [("unused", Tensor(scalar: 0))] }

  func description() throws -> String {
    let paths = dataset.samples.map(\.image.path)
    return String(decoding: try JSONEncoder().encode(["paths": paths]), as: UTF8.self)
  }

  func run() throws {
    var options = LoaderOptions()
    options.threads = settings.threads
    options.cacheLimitBytes = 0
    let batches = dataset.samples.count / 4
    let loader = UnlabeledBatchLoader(
      unlabeled: dataset, batchSize: 4, augmentation: augmentation, seed: 1, options: options)
    for _ in 0..<batches { _ = try loader.next() }
  }

  /// The augmentation is random on both sides: what is compared is the first image, decoded and normalised.
  func outputs() throws -> [(name: String, tensor: Tensor)] {
    var plain = AugmentationConfiguration()
    plain.flipProbability = 0
    let first = SegmentationDataset(
      samples: Array(dataset.samples.prefix(1)), classes: dataset.classes, ignoreLabel: 255)
    let loader = UnlabeledBatchLoader(unlabeled: first, batchSize: 1, augmentation: plain, seed: 1)
    return [("decoded", try loader.next().plain)]
  }
}
