import Dispatch
import Imaging
import Synchronization

/// What a data set holds, and what is wrong with it: every file is read once, and no problem stops the count.
package struct DatasetSummary: Sendable, Equatable {
  package struct ImageSize: Hashable, Sendable {
    package let width: Int
    package let height: Int

    package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
  }

  /// A sample that cannot be used.
  package struct Problem: Sendable, Equatable {
    package let name: String
    /// Names the file.
    package let reason: String
  }

  /// Values that are neither a class nor ignored, in one mask.
  package struct UnknownValue: Sendable, Equatable, CustomStringConvertible {
    package let file: String
    package let value: UInt8
    package let pixels: Int
    /// Of the first such pixel, row by row.
    package let x: Int
    package let y: Int

    package var description: String {
      "\(file): value \(value) is no class and not ignored, \(pixels) pixel\(pixels == 1 ? "" : "s"), the first at "
        + "x \(x), y \(y)"
    }
  }

  package private(set) var imageCount = 0
  package private(set) var labeledCount = 0
  /// Images of each size.
  package private(set) var sizes: [ImageSize: Int] = [:]
  /// *Units*: pixels.
  package private(set) var pixelsOfClass: [Int]
  /// In how many masks a class occurs.
  package private(set) var imagesOfClass: [Int]
  /// *Units*: pixels.
  package private(set) var ignoredPixels = 0
  /// In the order of the samples, then of the values.
  package private(set) var unknownValues: [UnknownValue] = []
  /// Files whose EXIF orientation turns or mirrors them, in the order of the samples.
  package private(set) var turnedImages: [String] = []
  /// In the order of the samples.
  package private(set) var problems: [Problem] = []

  /// Reads the whole data set, on all cores.
  ///
  /// - Complexity: decodes every image and mask.
  package init(of dataset: SegmentationDataset) {
    pixelsOfClass = [Int](repeating: 0, count: dataset.classes.count)
    imagesOfClass = pixelsOfClass
    let masks = MaskReader(dataset)
    let contents = Mutex([SampleContent?](repeating: nil, count: dataset.samples.count))
    DispatchQueue.concurrentPerform(iterations: dataset.samples.count) { index in
      let content = SampleContent(dataset.samples[index], masks: masks)
      contents.withLock { $0[index] = content }
    }
    let labels = masks.labelOfValue
    for case (let sample, let content?) in zip(dataset.samples, contents.withLock { $0 }) {
      add(content, of: sample, labels: labels, ignoreLabel: dataset.ignoreLabel)
    }
  }

  private mutating func add(
    _ content: SampleContent, of sample: Sample, labels: [UInt8?], ignoreLabel: UInt8
  ) {
    imageCount += 1
    if let size = content.size { sizes[size, default: 0] += 1 }
    if content.isTurned { turnedImages.append(sample.image.path) }
    if let problem = content.problem { problems.append(Problem(name: sample.name, reason: problem)) }
    guard let values = content.values else { return }
    labeledCount += 1
    for (value, found) in values.enumerated() where found.pixels > 0 {
      switch labels[value] {
      case nil:
        let width = content.size?.width ?? 1
        unknownValues.append(
          UnknownValue(
            file: sample.mask?.path ?? sample.name, value: UInt8(value), pixels: found.pixels,
            x: found.first % width, y: found.first / width))
      case ignoreLabel: ignoredPixels += found.pixels
      case let label?:
        pixelsOfClass[Int(label)] += found.pixels
        if !content.seen(label, before: value, labels) { imagesOfClass[Int(label)] += 1 }
      }
    }
  }
}

/// What one sample adds to the summary.
private struct SampleContent {
  var size: DatasetSummary.ImageSize?
  var isTurned = false
  /// For the 256 values that a mask can hold: how many pixels, and the position of the first.
  var values: [(pixels: Int, first: Int)]?
  var problem: String?

  init(_ sample: Sample, masks: MaskReader) {
    do {
      let image = try ImageFile.decode(at: sample.image)
      let orientation = try ImageFile.orientation(at: sample.image)
      size = DatasetSummary.ImageSize(width: image.width, height: image.height)
      isTurned = orientation != 1
      guard let url = sample.mask else { return }
      if orientation >= 5, image.width != image.height,
        try ImageFile.size(at: url) == (image.height, image.width)
      {
        problem =
          "\(url.path): fits \(sample.image.path) as it is stored, \(image.height)×\(image.width), but its EXIF "
          + "orientation, \(orientation), turns the image to \(image.width)×\(image.height); turn the mask as "
          + "well, or take the orientation out of the image"
        return
      }
      let mask = try masks.readStored(url, width: image.width, height: image.height)
      var values = [(pixels: Int, first: Int)](repeating: (0, 0), count: 256)
      for (index, value) in mask.labels.enumerated() {
        if values[Int(value)].pixels == 0 { values[Int(value)].first = index }
        values[Int(value)].pixels += 1
      }
      self.values = values
    } catch {
      problem = "\(error)"
    }
  }

  /// Whether a smaller value that occurs has the same label.
  func seen(_ label: UInt8, before value: Int, _ labels: [UInt8?]) -> Bool {
    guard let values else { return false }
    return (0..<value).contains { labels[$0] == label && values[$0].pixels > 0 }
  }
}
