import Foundation

/// One image, with its mask where it is labelled.
package struct Sample: Hashable, Sendable {
  /// The path below the image folder, without extension.
  package let name: String
  package let image: URL
  package let mask: URL?

  package init(name: String, image: URL, mask: URL? = nil) {
    self.name = name
    self.image = image
    self.mask = mask
  }
}

/// Images with or without masks, in a fixed order.
package struct SegmentationDataset: Sendable {
  package let samples: [Sample]
  package let classes: ClassList
  package let ignoreLabel: UInt8
  /// The label of each of the 256 values that a mask can hold, `nil` for values that it must not hold;
  /// without a mapping values are labels.
  package let labelMapping: [UInt8?]?

  package init(
    samples: [Sample], classes: ClassList, ignoreLabel: UInt8, labelMapping: [UInt8?]? = nil
  ) {
    precondition(labelMapping.map { $0.count == 256 } ?? true)
    self.samples = samples
    self.classes = classes
    self.ignoreLabel = ignoreLabel
    self.labelMapping = labelMapping
  }

  /// Other images of the same data set.
  package func with(_ samples: [Sample]) -> SegmentationDataset {
    SegmentationDataset(
      samples: samples, classes: classes, ignoreLabel: ignoreLabel, labelMapping: labelMapping)
  }
}
