import Datasets
import Foundation

/// What the images of a training hold, and what is wrong with them.
struct DataReport: Encodable {
  /// One of the folders that a training reads.
  struct Part: Encodable {
    let name: String
    let imageCount: Int
    let labeledCount: Int
    /// Images of each size, the most frequent first.
    let sizes: [Size]
    let ignoredPixels: Int
  }

  struct Size: Encodable {
    let width: Int
    let height: Int
    let imageCount: Int
  }

  /// How much of a labelled part a class takes; shares are of the pixels that are not ignored.
  struct ClassShare: Encodable {
    let name: String
    let labeledShare: Double
    let labeledImages: Int
    let validationShare: Double?
    let validationImages: Int?
  }

  let parts: [Part]
  let classes: [ClassShare]
  /// A training would stop at them.
  let problems: [String]
  /// Worth a look.
  let notes: [String]
  /// Decoded images that training keeps. *Units*: bytes.
  let cacheBytes: Int

  /// Reads every file once.
  init(_ data: TrainingData, batches: BatchRequirements) {
    let named = [("labelled", data.labeled), ("unlabelled", data.unlabeled), ("validation", data.validation)]
    var parts: [Part] = []
    var problems: [String] = []
    var notes: [String] = []
    var cacheBytes = 0
    var summaries: [String: DatasetSummary] = [:]
    for case (let name, let dataset?) in named {
      let summary = DatasetSummary(of: dataset)
      summaries[name] = summary
      parts.append(Part(name, summary))
      problems += summary.problems.map { "\(name): \($0.reason)" }
      problems += summary.unknownValues.map { "\(name): \($0.description)" }
      notes += Self.notes(on: summary, name: name)
      guard name != "validation" else { continue }
      problems += batches.problems(with: summary, name: name)
      notes += batches.notes(on: summary, name: name)
      cacheBytes += batches.cacheBytes(of: summary, isLabeled: name == "labelled")
    }
    notes += Self.sharedImages(data)
    let labeled = summaries["labelled"]
    classes = Self.shares(data.labeled.classes.names, labeled: labeled, validation: summaries["validation"])
    notes += classes.filter { $0.labeledImages == 0 }.map { "labelled: no pixel of class '\($0.name)'" }
    self.parts = parts
    self.problems = problems
    self.notes = notes
    self.cacheBytes = cacheBytes
  }

  private static func shares(
    _ names: [String], labeled: DatasetSummary?, validation: DatasetSummary?
  ) -> [ClassShare] {
    func share(_ summary: DatasetSummary?, _ index: Int) -> Double? {
      guard let summary else { return nil }
      return Double(summary.pixelsOfClass[index]) / Double(max(1, summary.pixelsOfClass.reduce(0, +)))
    }
    return names.indices.map { index in
      ClassShare(
        name: names[index], labeledShare: share(labeled, index) ?? 0,
        labeledImages: labeled?.imagesOfClass[index] ?? 0, validationShare: share(validation, index),
        validationImages: validation?.imagesOfClass[index])
    }
  }

  private static func notes(on summary: DatasetSummary, name: String) -> [String] {
    guard let first = summary.turnedImages.first else { return [] }
    let count = summary.turnedImages.count
    return [
      "\(name): \(count) image\(count == 1 ? " is" : "s are") turned or mirrored by EXIF orientation, the first is "
        + "\(first); masks have to show them upright"
    ]
  }

  /// Images that are validated on and trained on too.
  private static func sharedImages(_ data: TrainingData) -> [String] {
    guard let validation = data.validation else { return [] }
    func files(_ dataset: SegmentationDataset?) -> Set<String> {
      Set((dataset?.samples ?? []).map { $0.image.resolvingSymlinksInPath().path })
    }
    let validated = files(validation)
    return [("labelled", data.labeled), ("unlabelled", data.unlabeled)].compactMap { name, dataset in
      let shared = files(dataset).intersection(validated)
      guard let first = shared.min() else { return nil }
      return "validation: \(shared.count) of its images are \(name) images too, the first is \(first)"
    }
  }
}

extension DataReport.Part {
  init(_ name: String, _ summary: DatasetSummary) {
    self.init(
      name: name, imageCount: summary.imageCount, labeledCount: summary.labeledCount,
      sizes: summary.sizes.sorted { ($1.value, $0.key.width) < ($0.value, $1.key.width) }.map {
        DataReport.Size(width: $0.key.width, height: $0.key.height, imageCount: $0.value)
      }, ignoredPixels: summary.ignoredPixels)
  }
}
