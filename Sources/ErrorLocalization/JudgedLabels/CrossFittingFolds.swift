/// Which labelled image belongs to which fold: contiguous blocks of the sorted names, since neighbours in a folder are
/// often frames of one video, and a network that learned from one frame has seen the next.
package struct CrossFittingFolds: Sendable {
  package let count: Int
  private let folds: [String: Int]

  /// - Precondition: `count` is at least 1.
  package init(names: [String], count: Int) {
    precondition(count > 0)
    self.count = count
    let sorted = Set(names).sorted()
    var folds: [String: Int] = [:]
    for (position, name) in sorted.enumerated() { folds[name] = position * count / sorted.count }
    self.folds = folds
  }

  /// The fold of an image; every image that was named at the start has one.
  package func fold(of name: String) -> Int { folds[name] ?? 0 }
}
