/// Counts of (true class, predicted class) over pixels.
package struct ConfusionMatrix: Sendable, Equatable {
  package let classCount: Int
  /// Row = truth, column = prediction.
  package private(set) var counts: [Int]

  package init(classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  /// Adds the pixels whose truth is not `ignoreLabel`.
  ///
  /// - Precondition: both arrays are of one length; other values lie below the class count.
  package mutating func add(predictions: [UInt8], truth: [UInt8], ignoreLabel: UInt8) {
    precondition(predictions.count == truth.count)
    for (predicted, actual) in zip(predictions, truth) where actual != ignoreLabel {
      counts[Int(actual) * classCount + Int(predicted)] += 1
    }
  }

  package var pixelAccuracy: Double {
    let total = counts.reduce(0, +)
    let correct = (0..<classCount).reduce(0) { $0 + counts[$1 * classCount + $1] }
    return total == 0 ? .nan : Double(correct) / Double(total)
  }

  /// Intersection over union of each class; `nil` for one that neither occurs nor is predicted.
  package var intersectionOverUnion: [Double?] {
    (0..<classCount).map { index in
      let row = (0..<classCount).reduce(0) { $0 + counts[index * classCount + $1] }
      let column = (0..<classCount).reduce(0) { $0 + counts[$1 * classCount + index] }
      let hits = counts[index * classCount + index]
      let union = row + column - hits
      return union == 0 ? nil : Double(hits) / Double(union)
    }
  }

  /// Mean over the classes that occur or are predicted.
  package var meanIntersectionOverUnion: Double {
    let present = intersectionOverUnion.compactMap { $0 }
    return present.isEmpty ? .nan : present.reduce(0, +) / Double(present.count)
  }
}
