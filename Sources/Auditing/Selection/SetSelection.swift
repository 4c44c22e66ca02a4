import TensorCore

/// Chooses a set of images to annotate: much to mend, and not all of one kind.
///
/// The set S that is sought has the largest
///
///     (1 − d) · Σ_{j ∈ S} w_j / W + d · Σ_i w_i · max_{j ∈ S} s_ij / Σ_i w_i
///
/// where w is an image's weight (what it is ranked by), W the sum of the largest weights that would fit, s the similarity
/// of two images, and d the diversity. The first part is what S itself holds; the second, facility location, is how well
/// S stands for all candidates, each counted by its weight. Both are monotone and submodular, so taking the image
/// that adds most, again and again, comes to at least 1 − 1/e of the best set; to half of it with limits per folder. Where
/// near duplicates are left out there is no such bound, but small cases come within a few per cent (tests).
///
/// *Source*: Nemhauser, Wolsey, Fisher 1978; lazy evaluation, Minoux 1978; facility location for active learning, Wei,
/// Iyer, Bilmes, ICML 2015.
package struct SetSelection: Sendable {
  package struct Candidate: Sendable {
    /// More = more to mend. At least 0.
    package let weight: Double
    /// Images that repeat each other have the same number; at most one of them is taken.
    package let original: Int64
    package let folder: String

    package init(weight: Double, original: Int64, folder: String) {
      self.weight = weight
      self.original = original
      self.folder = folder
    }
  }

  package struct Settings: Sendable {
    package var budget: Int
    /// *Range*: 0 (only the weights count) … 1.
    package var diversity = 0.5
    /// Of two images that are more alike than this, at most one is taken.
    package var nearDuplicateSimilarity: Float = 0.95
    package var limitPerFolder: Int?

    package init(budget: Int) { self.budget = budget }
  }

  private let candidates: [Candidate]
  private let settings: Settings
  /// *Shape*: `[N, N]`. *Range*: −1…1.
  private let similarity: Tensor
  private let weightSum: Double
  private let largestSum: Double

  /// - Parameter embeddings: one row a candidate, all of one length.
  package init(_ candidates: [Candidate], embeddings: [[Float]], settings: Settings) {
    precondition(candidates.count == embeddings.count && settings.budget > 0)
    precondition(candidates.allSatisfy { $0.weight >= 0 && $0.weight.isFinite })
    self.candidates = candidates
    self.settings = settings
    let centred = Self.centred(embeddings)
    similarity = centred.matrixProduct(centred, transposeOther: true)
    weightSum = max(.leastNormalMagnitude, candidates.reduce(0) { $0 + $1.weight })
    let largest = candidates.map(\.weight).sorted(by: >).prefix(settings.budget).reduce(0, +)
    largestSum = max(.leastNormalMagnitude, largest)
  }

  /// Rows less their mean, of length 1: the features of a network are positive, and without this all images would look
  /// alike.
  private static func centred(_ rows: [[Float]]) -> Tensor {
    let width = rows.first?.count ?? 0
    var mean = [Double](repeating: 0, count: width)
    for row in rows { for index in 0..<width { mean[index] += Double(row[index]) / Double(rows.count) } }
    var values: [Float] = []
    values.reserveCapacity(rows.count * width)
    for row in rows {
      let shifted = (0..<width).map { Double(row[$0]) - mean[$0] }
      let length = shifted.reduce(0) { $0 + $1 * $1 }.squareRoot()
      values += shifted.map { length > 0 ? Float($0 / length) : 0 }
    }
    return Tensor(values, shape: [rows.count, width])
  }

  /// The candidates that are taken, in the order in which they were.
  ///
  /// - Complexity: one row of similarities for each candidate, and for each of the few that are looked at again.
  package func choose() -> [Int] {
    var covered = [Float](repeating: 0, count: candidates.count)
    var queue = GainQueue(candidates.indices.map { (gain: gain(of: $0, covered), index: $0) })
    var chosen: [Int] = []
    var ofFolder: [String: Int] = [:]
    while chosen.count < settings.budget, let best = queue.popFirst() {
      guard isAllowed(best.index, chosen, ofFolder) else { continue }
      // A gain never grows as the set does: where it still is the largest after a second look, nothing can beat it.
      let now = gain(of: best.index, covered)
      if let next = queue.first, (now, next.index) < (next.gain, best.index) {
        queue.insert((now, best.index))
        continue
      }
      chosen.append(best.index)
      ofFolder[candidates[best.index].folder, default: 0] += 1
      cover(with: best.index, &covered)
    }
    return chosen
  }

  /// What a set is worth. *Range*: 0…1.
  package func value(of set: [Int]) -> Double {
    var covered = [Float](repeating: 0, count: candidates.count)
    var sum = 0.0
    for index in set {
      sum += gain(of: index, covered)
      cover(with: index, &covered)
    }
    return sum
  }

  /// Whether two candidates may both be taken.
  package func areCompatible(_ a: Int, _ b: Int) -> Bool {
    let (count, limit) = (candidates.count, settings.nearDuplicateSimilarity)
    return candidates[a].original != candidates[b].original
      && similarity.withUnsafeBufferPointer { $0[a * count + b] <= limit }
  }

  private func isAllowed(_ index: Int, _ chosen: [Int], _ ofFolder: [String: Int]) -> Bool {
    if let limit = settings.limitPerFolder, ofFolder[candidates[index].folder, default: 0] >= limit {
      return false
    }
    return chosen.allSatisfy { areCompatible($0, index) }
  }

  private func gain(of index: Int, _ covered: [Float]) -> Double {
    let count = candidates.count
    let added = similarity.withUnsafeBufferPointer { similarity in
      var sum = 0.0
      for other in 0..<count {
        let better = similarity[index * count + other] - covered[other]
        if better > 0 { sum += candidates[other].weight * Double(better) }
      }
      return sum
    }
    return (1 - settings.diversity) * candidates[index].weight / largestSum + settings.diversity * added
      / weightSum
  }

  private func cover(with index: Int, _ covered: inout [Float]) {
    let count = candidates.count
    similarity.withUnsafeBufferPointer { similarity in
      for other in 0..<count { covered[other] = max(covered[other], similarity[index * count + other]) }
    }
  }
}

/// Candidates by gain, the largest first, the first of equals.
private struct GainQueue {
  typealias Entry = (gain: Double, index: Int)

  private var heap: [Entry] = []

  init(_ entries: [Entry]) { heap = entries.sorted(by: Self.precedes) }

  var first: Entry? { heap.first }

  private static func precedes(_ a: Entry, _ b: Entry) -> Bool { (b.gain, a.index) < (a.gain, b.index) }

  mutating func popFirst() -> Entry? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      let children = (2 * parent + 1..<2 * parent + 3).filter { $0 < heap.count }
      guard let child = children.min(by: { Self.precedes(heap[$0], heap[$1]) }),
        Self.precedes(heap[child], heap[parent])
      else { return first }
      heap.swapAt(child, parent)
      parent = child
    }
  }

  mutating func insert(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, Self.precedes(heap[child], heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }
}
