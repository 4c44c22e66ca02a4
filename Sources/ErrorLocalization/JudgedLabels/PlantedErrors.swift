import TensorCore

/// Label maps with errors planted on purpose, so that ELN learns to judge maps that no network of its own has made.
///
/// The start is a map that is mostly right (the truth, or a network's prediction). Rectangles of it then get what
/// other programs get wrong: a class taken for another one, boundaries that lie beside the object, a piece of another
/// scene, and blocks of a coarse grid.
package struct PlantedErrors {
  private let classCount: Int
  private let ignoreLabel: UInt8

  package init(classCount: Int, ignoreLabel: UInt8) {
    self.classCount = classCount
    self.ignoreLabel = ignoreLabel
  }

  private enum Kind: CaseIterable {
    case classSwap, shift, paste, blocks
  }

  /// *Shape*: truth and predicted `[N, H, W]`; the result too, with labels below `classCount` everywhere: where the
  /// truth is not known it is the predicted one.
  package func plant(
    truth: LabelTensor, predicted: LabelTensor, using generator: inout SeededGenerator
  ) -> LabelTensor {
    precondition(truth.shape == predicted.shape)
    var maps: [LabelMap] = []
    let (height, width) = (truth.shape[1], truth.shape[2])
    for image in 0..<truth.shape[0] {
      let range = image * height * width..<(image + 1) * height * width
      let startsFromTruth = generator.nextUniform() < 0.5
      let labels = zip(truth.labels[range], predicted.labels[range]).map { truth, predicted in
        startsFromTruth && truth != ignoreLabel ? truth : predicted
      }
      maps.append(LabelMap(width: width, height: height, labels: labels))
    }
    let sources = maps
    for image in maps.indices {
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let kind = Kind.allCases.randomElement(using: &generator) ?? .shift
        let box = Box.random(width: width, height: height, using: &generator)
        switch kind {
        case .classSwap: swapClass(in: &maps[image], box, using: &generator)
        case .shift:
          let reach = max(1, min(width, height) / 32)
          maps[image].shift(
            box, right: Int.random(in: -reach...reach, using: &generator),
            down: Int.random(in: -reach...reach, using: &generator))
        case .paste:
          let other = sources[Int.random(in: 0..<sources.count, using: &generator)]
          maps[image].paste(
            other, box, right: Int.random(in: -width / 4...width / 4, using: &generator))
        case .blocks: maps[image].coarsen(box, size: Int.random(in: 3...8, using: &generator))
        }
      }
    }
    return LabelTensor(maps.flatMap(\.labels), shape: truth.shape)
  }

  /// One class of the box becomes another: half of the time one that the image has, else any.
  private func swapClass(in map: inout LabelMap, _ box: Box, using generator: inout SeededGenerator) {
    let present = Set(map.labels).sorted()
    let from = map.labels[
      Int.random(in: box.top..<box.bottom, using: &generator) * map.width
        + Int.random(in: box.left..<box.right, using: &generator)]
    let to =
      generator.nextUniform() < 0.5
      ? present.randomElement(using: &generator) ?? from
      : UInt8(Int.random(in: 0..<classCount, using: &generator))
    map.replace(from, with: to, box)
  }
}

/// A rectangle of pixels, never empty.
private struct Box {
  let left, top, right, bottom: Int

  /// Sides from an eighth to the whole of the image's.
  static func random(width: Int, height: Int, using generator: inout SeededGenerator) -> Box {
    let boxWidth = Int.random(in: max(1, width / 8)...width, using: &generator)
    let boxHeight = Int.random(in: max(1, height / 8)...height, using: &generator)
    let left = Int.random(in: 0...width - boxWidth, using: &generator)
    let top = Int.random(in: 0...height - boxHeight, using: &generator)
    return Box(left: left, top: top, right: left + boxWidth, bottom: top + boxHeight)
  }
}

/// The labels of one image, row by row.
private struct LabelMap {
  let width: Int
  let height: Int
  var labels: [UInt8]

  mutating func replace(_ from: UInt8, with to: UInt8, _ box: Box) {
    for y in box.top..<box.bottom {
      for x in box.left..<box.right where labels[y * width + x] == from { labels[y * width + x] = to }
    }
  }

  mutating func shift(_ box: Box, right: Int, down: Int) {
    let source = labels
    for y in box.top..<box.bottom {
      let row = min(height - 1, max(0, y - down)) * width
      for x in box.left..<box.right {
        labels[y * width + x] = source[row + min(width - 1, max(0, x - right))]
      }
    }
  }

  mutating func paste(_ other: LabelMap, _ box: Box, right: Int) {
    for y in box.top..<box.bottom {
      for x in box.left..<box.right {
        labels[y * width + x] = other.labels[y * width + min(width - 1, max(0, x - right))]
      }
    }
  }

  mutating func coarsen(_ box: Box, size: Int) {
    for y in box.top..<box.bottom {
      let row = (y - (y - box.top) % size) * width
      for x in box.left..<box.right { labels[y * width + x] = labels[row + x - (x - box.left) % size] }
    }
  }
}
