import ArgumentParser
import Datasets
import Foundation

/// The images of a training.
struct TrainingData {
  let labeled: SegmentationDataset
  let unlabeled: SegmentationDataset?
  /// Labelled images that take no part in the training.
  let validation: SegmentationDataset?

  /// Keeps the labels of a share of the labelled images; the others join the unlabelled.
  func keeping(_ ratio: LabelRatio, seed: UInt64) -> TrainingData {
    let parts = ratio.split(labeled.samples, seed: seed)
    return TrainingData(
      labeled: labeled.with(parts.labeled),
      unlabeled: labeled.with((unlabeled?.samples ?? []) + parts.unlabeled), validation: validation)
  }
}

/// Where the images come from.
struct TrainingDataOptions: ParsableArguments {
  @Option(help: "Folder of labelled images.", completion: .directory)
  var images: String?

  @Option(help: "Folder of their masks, matched by name.", completion: .directory)
  var masks: String?

  @Option(help: "Folder of unlabelled images.", completion: .directory)
  var unlabeled: String?

  @Option(help: "Classes, one a line: name, or name: r,g,b.", completion: .file())
  var classes: String?

  @Option(help: "The mask value of pixels without label.")
  var ignore: UInt8?

  @Option(help: "A known layout instead: voc, cityscapes or camvid.")
  var dataset: String?

  @Option(help: "Root folder of the known layout.", completion: .directory)
  var root: String?

  @Option(help: "Part of the known layout.")
  var part = "train"

  @Option(help: "File that names the labelled images to use, one a line.", completion: .file())
  var split: String?

  @Option(
    help: "File that names the unlabelled images to use; with --dataset they are taken from the same part.",
    completion: .file())
  var unlabeledSplit: String?

  @Option(
    help: "Folder of labelled images that take no part in the training, to measure it by.",
    completion: .directory)
  var validationImages: String?

  @Option(help: "Folder of their masks.", completion: .directory)
  var validationMasks: String?

  @Option(help: "With --dataset: the part to validate on, for example val.")
  var validationPart: String?

  @Option(help: "File that names the validation images to use, one a line.", completion: .file())
  var validationSplit: String?

  /// - Throws: `ValidationError` for options that do not go together, `DatasetError` for what is on disk.
  func load() throws -> TrainingData {
    let splitFile = try split.map { try SplitFile(contentsOf: URL(fileURLWithPath: $0)) }
    let labeled = try loadLabeled(splitFile)
    var unlabeledSamples: [Sample]?
    if let unlabeled {
      unlabeledSamples = try ImageFolder.list(URL(fileURLWithPath: unlabeled))
    }
    if let unlabeledSplit {
      let names = try SplitFile(contentsOf: URL(fileURLWithPath: unlabeledSplit))
      if unlabeledSamples == nil, let dataset, let root {
        unlabeledSamples = try knownLayout(dataset).images(
          root: URL(fileURLWithPath: root), part: part, split: names)
      } else if let images, unlabeledSamples == nil {
        unlabeledSamples = try names.select(from: ImageFolder.list(URL(fileURLWithPath: images)))
      } else {
        unlabeledSamples = try names.select(from: unlabeledSamples ?? [])
      }
    }
    let unlabeledDataset = unlabeledSamples.map {
      SegmentationDataset(samples: $0, classes: labeled.classes, ignoreLabel: labeled.ignoreLabel)
    }
    return TrainingData(
      labeled: labeled, unlabeled: unlabeledDataset, validation: try loadValidation(like: labeled))
  }

  private func loadValidation(like labeled: SegmentationDataset) throws -> SegmentationDataset? {
    let split = try validationSplit.map { try SplitFile(contentsOf: URL(fileURLWithPath: $0)) }
    if let validationPart {
      guard validationImages == nil, validationMasks == nil, let dataset, let root else {
        throw ValidationError(
          "--validation-part \(validationPart) needs --dataset and --root, and no --validation-images.")
      }
      return try knownLayout(dataset).dataset(
        root: URL(fileURLWithPath: root), part: validationPart, split: split)
    }
    switch (validationImages, validationMasks) {
    case (nil, nil):
      guard split == nil else {
        throw ValidationError("--validation-split needs --validation-images or --validation-part.")
      }
      return nil
    case (let images?, let masks?):
      return labeled.with(
        try FolderPair.samples(
          images: URL(fileURLWithPath: images), masks: URL(fileURLWithPath: masks), split: split))
    default:
      throw ValidationError("--validation-images and --validation-masks belong together.")
    }
  }

  private func loadLabeled(_ splitFile: SplitFile?) throws -> SegmentationDataset {
    if let dataset {
      guard let root else { throw ValidationError("--dataset \(dataset) needs --root DIR.") }
      guard images == nil, masks == nil else {
        throw ValidationError("--dataset says where images and masks are: leave out --images and --masks.")
      }
      return try knownLayout(dataset).dataset(root: URL(fileURLWithPath: root), part: part, split: splitFile)
    }
    guard let images, let masks, let classes else {
      throw ValidationError("Expected --images, --masks and --classes, or --dataset and --root.")
    }
    let classList = try ClassList(contentsOf: URL(fileURLWithPath: classes))
    let ignoreLabel = ignore ?? 255
    guard Int(ignoreLabel) >= classList.count else {
      throw ValidationError(
        "--ignore \(ignoreLabel) is the index of class '\(classList.names[Int(ignoreLabel)])'.")
    }
    return SegmentationDataset(
      samples: try FolderPair.samples(
        images: URL(fileURLWithPath: images), masks: URL(fileURLWithPath: masks), split: splitFile),
      classes: classList, ignoreLabel: ignoreLabel)
  }

  private func knownLayout(_ name: String) throws -> KnownLayout {
    guard let layout = KnownLayout(rawValue: name) else {
      let known = KnownLayout.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("Unknown --dataset '\(name)'; known are: \(known).")
    }
    return layout
  }
}
