import ArgumentParser
import Auditing
import Datasets
import Foundation

/// The images of a simulated annotation: those that it starts with, and those whose masks are hidden at first.
struct SimulatedImages {
  enum Start {
    case given([String])
    /// So many, drawn with the seed.
    case drawn(Int)
  }

  /// All that have masks but the validation images.
  let dataset: SegmentationDataset
  /// Further images, without masks at all.
  let unlabeled: [Sample]
  let validation: SegmentationDataset
  let start: Start

  /// - Parameters:
  ///   - pool: a file that names the hidden images, where `data.split` names those of the start.
  ///   - initial: how many to draw from all labelled ones; the others are hidden.
  /// - Throws: `ValidationError` for options that do not go together, `DatasetError` for what is on disk.
  init(_ data: TrainingDataOptions, pool: String?, initial: Int?) throws {
    let loaded = try data.load()
    guard let validation = loaded.validation else {
      throw ValidationError(
        "Expected images to measure by: --validation-images and --validation-masks, or --validation-part.")
    }
    var samples = loaded.labeled.samples
    switch (pool, initial) {
    case (let pool?, nil):
      guard let split = data.split else {
        throw ValidationError("--pool needs --split FILE, the images that it starts with.")
      }
      let hidden = try Self.hidden(data, pool: pool)
      let first = Set(samples.map(\.image.standardizedFileURL))
      if let both = hidden.first(where: { first.contains($0.image.standardizedFileURL) }) {
        throw DatasetError(pool, "'\(both.name)' is in the start (\(split)) too")
      }
      start = .given(samples.map(\.name))
      samples += hidden
    case (nil, let initial?):
      guard initial < samples.count else {
        throw ValidationError(
          "--initial \(initial): \(samples.count) labelled images leave none to choose from.")
      }
      start = .drawn(initial)
    default:
      throw ValidationError("Expected --split FILE with --pool FILE, or --initial N.")
    }
    let own = Set(samples.map(\.image.standardizedFileURL))
    if let both = validation.samples.first(where: { own.contains($0.image.standardizedFileURL) }) {
      throw DatasetError(
        both.image.path, "a validation image that is trained on too; expected images apart from all others")
    }
    dataset = loaded.labeled.with(samples)
    unlabeled = (loaded.unlabeled?.samples ?? []).filter { !own.contains($0.image.standardizedFileURL) }
    self.validation = validation
  }

  private static func hidden(_ data: TrainingDataOptions, pool: String) throws -> [Sample] {
    var options = data
    options.split = pool
    (options.unlabeled, options.unlabeledSplit) = (nil, nil)
    (options.validationImages, options.validationMasks) = (nil, nil)
    (options.validationPart, options.validationSplit) = (nil, nil)
    return try options.load().labeled.samples
  }

  var startCount: Int {
    switch start {
    case .given(let names): names.count
    case .drawn(let count): count
    }
  }

  var poolCount: Int { dataset.samples.count - startCount }

  /// Names.
  func start(seed: UInt64) -> [String] {
    switch start {
    case .given(let names): names
    case .drawn(let count): AnnotationDraw.start(count, of: dataset.samples.map(\.name), seed: seed)
    }
  }

  func hidden(without annotated: Set<String>) -> [Sample] {
    dataset.samples.filter { !annotated.contains($0.name) }
  }

  /// What a network learns from when these images are annotated.
  ///
  /// - Parameter usesUnlabeled: whether the hidden images and the further ones serve as unlabelled ones.
  func trainingData(annotated: Set<String>, usesUnlabeled: Bool) -> TrainingData {
    let hidden = hidden(without: annotated).map { Sample(name: $0.name, image: $0.image) }
    return TrainingData(
      labeled: dataset.with(dataset.samples.filter { annotated.contains($0.name) }),
      unlabeled: usesUnlabeled ? dataset.with(hidden + unlabeled) : nil, validation: nil)
  }
}
