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
  /// How well the empty set stands for all.
  private let location: FacilityLocation
  private let weightSum: Double
  private let largestSum: Double

  /// - Parameter embeddings: one row a candidate, all of one length.
  package init(_ candidates: [Candidate], embeddings: [[Float]], settings: Settings) {
    precondition(candidates.count == embeddings.count && settings.budget > 0)
    precondition(candidates.allSatisfy { $0.weight >= 0 && $0.weight.isFinite })
    self.candidates = candidates
    self.settings = settings
    location = FacilityLocation(
      rows: Self.centred(embeddings), weights: candidates.map { Float($0.weight) })
    weightSum = max(.leastNormalMagnitude, candidates.reduce(0) { $0 + $1.weight })
    let largest = candidates.map(\.weight).sorted(by: >).prefix(settings.budget).reduce(0, +)
    largestSum = max(.leastNormalMagnitude, largest)
  }

  /// Rows less their mean, of length 1: the features of a network are positive, and without this all images would look
  /// alike.
  private static func centred(_ rows: [[Float]]) -> Tensor {
    let width = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == width })
    var mean = [Double](repeating: 0, count: width)
    for row in rows { for index in 0..<width { mean[index] += Double(row[index]) } }
    for index in 0..<width { mean[index] /= Double(rows.count) }
    var values: [Float] = []
    values.reserveCapacity(rows.count * width)
    for row in rows {
      var squares = 0.0
      for index in 0..<width {
        let shifted = Double(row[index]) - mean[index]
        squares += shifted * shifted
      }
      let factor = squares > 0 ? 1 / squares.squareRoot() : 0
      for index in 0..<width { values.append(Float((Double(row[index]) - mean[index]) * factor)) }
    }
    return Tensor(values, shape: [rows.count, width])
  }

  /// The candidates that are taken, in the order in which they were.
  ///
  /// - Complexity: one row of similarities for each candidate, and for each that is looked at again.
  package func choose() -> [Int] {
    var location = location
    var queue = GainQueue(zip(location.gains(), candidates.indices).map { (weighed($1, added: $0), $1) })
    var chosen: [Int] = []
    var ofFolder: [String: Int] = [:]
    while chosen.count < settings.budget, let best = queue.popFirst() {
      guard isAllowed(best.index, chosen, ofFolder) else { continue }
      // A gain never grows as the set does: where it still is the largest after a second look, nothing can beat it.
      let now = weighed(best.index, added: location.gain(of: best.index))
      if let next = queue.first, (now, next.index) < (next.gain, best.index) {
        queue.insert((now, best.index))
        continue
      }
      chosen.append(best.index)
      ofFolder[candidates[best.index].folder, default: 0] += 1
      location.insert(best.index)
    }
    return chosen
  }

  /// What a set is worth. *Range*: 0…1.
  package func value(of set: [Int]) -> Double {
    var location = location
    return set.reduce(0) { sum, index in
      defer { location.insert(index) }
      return sum + weighed(index, added: location.gain(of: index))
    }
  }

  /// Whether two candidates may both be taken.
  package func areCompatible(_ a: Int, _ b: Int) -> Bool {
    candidates[a].original != candidates[b].original
      && location.similarity(a, b) <= settings.nearDuplicateSimilarity
  }

  private func isAllowed(_ index: Int, _ chosen: [Int], _ ofFolder: [String: Int]) -> Bool {
    if let limit = settings.limitPerFolder, ofFolder[candidates[index].folder, default: 0] >= limit {
      return false
    }
    return chosen.allSatisfy { areCompatible($0, index) }
  }

  private func weighed(_ index: Int, added: Double) -> Double {
    (1 - settings.diversity) * candidates[index].weight / largestSum + settings.diversity * added / weightSum
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
      var child = 2 * parent + 1
      guard child < heap.count else { return first }
      if child + 1 < heap.count && Self.precedes(heap[child + 1], heap[child]) { child += 1 }
      guard Self.precedes(heap[child], heap[parent]) else { return first }
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
