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

  package private(set) var imageCount = 0
  package private(set) var labeledCount = 0
  /// Images of each size.
  package private(set) var sizes: [ImageSize: Int] = [:]
  /// *Units*: pixels.
  package private(set) var pixelsOfClass: [Int]
  /// *Units*: pixels.
  package private(set) var ignoredPixels = 0
  /// Mask values that are neither a class nor ignored. *Units*: pixels.
  package private(set) var pixelsOfUnknownValue: [UInt8: Int] = [:]
  /// In the order of the samples.
  package private(set) var problems: [Problem] = []

  /// Reads the whole data set, on all cores.
  ///
  /// - Complexity: decodes every image and mask.
  package init(of dataset: SegmentationDataset) {
    pixelsOfClass = [Int](repeating: 0, count: dataset.classes.count)
    let masks = MaskReader(dataset)
    let contents = Mutex([SampleContent?](repeating: nil, count: dataset.samples.count))
    DispatchQueue.concurrentPerform(iterations: dataset.samples.count) { index in
      let content = SampleContent(dataset.samples[index], masks: masks)
      contents.withLock { $0[index] = content }
    }
    let labels = masks.labelOfValue
    for case (let sample, let content?) in zip(dataset.samples, contents.withLock { $0 }) {
      add(content, name: sample.name, labels: labels, ignoreLabel: dataset.ignoreLabel)
    }
  }

  private mutating func add(_ content: SampleContent, name: String, labels: [UInt8?], ignoreLabel: UInt8) {
    imageCount += 1
    if let size = content.size { sizes[size, default: 0] += 1 }
    if let problem = content.problem { problems.append(Problem(name: name, reason: problem)) }
    guard let pixelsOfValue = content.pixelsOfValue else { return }
    labeledCount += 1
    for (value, pixels) in pixelsOfValue.enumerated() where pixels > 0 {
      switch labels[value] {
      case nil: pixelsOfUnknownValue[UInt8(value), default: 0] += pixels
      case ignoreLabel: ignoredPixels += pixels
      case let label?: pixelsOfClass[Int(label)] += pixels
      }
    }
  }
}

/// What one sample adds to the summary.
private struct SampleContent {
  var size: DatasetSummary.ImageSize?
  /// For the 256 values that a mask can hold.
  var pixelsOfValue: [Int]?
  var problem: String?

  init(_ sample: Sample, masks: MaskReader) {
    do {
      let image = try ImageFile.decode(at: sample.image)
      size = DatasetSummary.ImageSize(width: image.width, height: image.height)
      guard let url = sample.mask else { return }
      let mask = try masks.readStored(url, width: image.width, height: image.height)
      var counts = [Int](repeating: 0, count: 256)
      for value in mask.labels { counts[Int(value)] += 1 }
      pixelsOfValue = counts
    } catch {
      problem = "\(error)"
    }
  }
}
