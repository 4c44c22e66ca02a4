import Auditing
import Testing

@Suite struct SetSelectionTests {
  private struct Problem {
    let selection: SetSelection
    let candidates: [SetSelection.Candidate]
    let budget: Int
    let perFolder: Int?

    /// Random images of 3 features in 3 folders; every fourth repeats the one before.
    init(seed: UInt64, count: Int, budget: Int, diversity: Double, perFolder: Int? = nil) {
      var numbers = NumberSequence(seed: seed)
      for _ in 0..<20 { _ = numbers.next() }
      var settings = SetSelection.Settings(budget: budget)
      settings.diversity = diversity
      settings.limitPerFolder = perFolder
      settings.nearDuplicateSimilarity = 0.98
      let embeddings = (0..<count).map { _ in (0..<3).map { _ in Float(numbers.next()) } }
      candidates = (0..<count).map { index in
        SetSelection.Candidate(
          weight: numbers.next(), original: Int64(index % 4 == 3 ? index - 1 : index), folder: "\(index % 3)")
      }
      selection = SetSelection(candidates, embeddings: embeddings, settings: settings)
      self.budget = budget
      self.perFolder = perFolder
    }

    func isFeasible(_ set: [Int]) -> Bool {
      for (position, a) in set.enumerated() {
        for b in set[..<position] where !selection.areCompatible(a, b) { return false }
        let sameFolder = set.count { candidates[$0].folder == candidates[a].folder }
        if sameFolder > perFolder ?? .max { return false }
      }
      return true
    }

    /// The best of all sets of at most `budget`.
    var best: Double {
      var best = 0.0
      for bits in 0..<(1 << candidates.count) where bits.nonzeroBitCount <= budget {
        let set = candidates.indices.filter { bits >> $0 & 1 == 1 }
        if isFeasible(set) { best = max(best, selection.value(of: set)) }
      }
      return best
    }

    /// Every candidate looked at in every round.
    var plainGreedy: [Int] {
      var chosen: [Int] = []
      while chosen.count < budget {
        let open = candidates.indices.filter { !chosen.contains($0) && isFeasible(chosen + [$0]) }
        let values = open.map { selection.value(of: chosen + [$0]) }
        guard let best = values.max(), let position = values.firstIndex(of: best) else { break }
        chosen.append(open[position])
      }
      return chosen
    }
  }

  @Test(arguments: [0.0, 0.5, 1.0], [nil, 2]) func asGoodAsPromisedAgainstAllSets(
    diversity: Double, perFolder: Int?
  ) {
    var worst = 1.0
    for seed in 1...12 as ClosedRange<UInt64> {
      let problem = Problem(seed: seed, count: 11, budget: 4, diversity: diversity, perFolder: perFolder)
      let chosen = problem.selection.choose()
      #expect(problem.isFeasible(chosen) && chosen.count == 4)
      #expect(chosen == problem.plainGreedy)
      worst = min(worst, problem.selection.value(of: chosen) / problem.best)
    }
    #expect(worst > (diversity == 1 ? 0.63 : 0.85) && worst < 1 + 1e-9)
  }

  /// Two pairs of alike images: weights alone take the heavy pair, diversity one of each.
  @Test func diversityTakesOneOfEachKind() {
    let candidates = [1, 0.9, 0.5, 0.4].enumerated().map {
      SetSelection.Candidate(weight: $1, original: Int64($0), folder: "")
    }
    let embeddings: [[Float]] = [[1, 0.1], [1, 0], [0, 1], [0.1, 1]]
    var settings = SetSelection.Settings(budget: 2)
    settings.nearDuplicateSimilarity = 1
    settings.diversity = 0
    #expect(SetSelection(candidates, embeddings: embeddings, settings: settings).choose() == [0, 1])
    settings.diversity = 0.8
    #expect(SetSelection(candidates, embeddings: embeddings, settings: settings).choose() == [0, 2])
    settings.diversity = 0
    settings.nearDuplicateSimilarity = 0.9
    settings.budget = 4
    #expect(SetSelection(candidates, embeddings: embeddings, settings: settings).choose() == [0, 2])
  }

  @Test func repeatedImagesAreTakenOnce() {
    let candidates = (0..<3).map { SetSelection.Candidate(weight: 1, original: $0 == 2 ? 2 : 0, folder: "") }
    let settings = SetSelection.Settings(budget: 3)
    let chosen = SetSelection(candidates, embeddings: [[1, 0], [0, 1], [-1, 0]], settings: settings).choose()
    #expect(chosen.count == 2 && chosen.contains(2))
  }
}
