/// Connected components over horizontal runs, joined by union-find.
struct RunLabeling {
  private struct Run {
    let y: Int
    let start: Int
    let end: Int
    /// Pixels that have one of the same component right above them.
    var coveredPixels = 0
  }

  private let width: Int
  private var runs: [Run] = []
  private var parents: [Int] = []
  /// By run, once `components` has numbered them.
  private var componentOfRun: [Int] = []

  init(width: Int, height: Int, values: [Float], threshold: Float) {
    self.width = width
    var previous = 0..<0
    for y in 0..<height {
      let first = runs.count
      appendRuns(ofRow: y, values: values, threshold: threshold)
      join(first..<runs.count, previous)
      previous = first..<runs.count
    }
  }

  private mutating func appendRuns(ofRow y: Int, values: [Float], threshold: Float) {
    var x = 0
    let row = y * width
    while x < width {
      guard values[row + x] >= threshold else {
        x += 1
        continue
      }
      let start = x
      while x < width && values[row + x] >= threshold { x += 1 }
      parents.append(runs.count)
      runs.append(Run(y: y, start: start, end: x))
    }
  }

  /// Runs of neighbouring rows touch where they overlap or meet at a corner.
  private mutating func join(_ current: Range<Int>, _ previous: Range<Int>) {
    var above = previous.lowerBound
    for index in current {
      while above < previous.upperBound && runs[above].end < runs[index].start { above += 1 }
      var candidate = above
      while candidate < previous.upperBound && runs[candidate].start <= runs[index].end {
        unite(index, candidate)
        let shared = min(runs[index].end, runs[candidate].end) - max(runs[index].start, runs[candidate].start)
        runs[index].coveredPixels += max(0, shared)
        candidate += 1
      }
    }
  }

  private mutating func root(_ index: Int) -> Int {
    var index = index
    while parents[index] != index {
      parents[index] = parents[parents[index]]
      index = parents[index]
    }
    return index
  }

  private mutating func unite(_ a: Int, _ b: Int) {
    let (a, b) = (root(a), root(b))
    parents[max(a, b)] = min(a, b)
  }

  /// In the order of their first pixels; without their classes.
  mutating func components(_ values: [Float]) -> [ErrorRegion] {
    var components: [ErrorRegion] = []
    var sums: [Double] = []
    componentOfRun = [Int](repeating: 0, count: runs.count)
    for index in runs.indices {
      let (first, run) = (root(index), runs[index])
      let area = run.end - run.start
      let sum = values[(run.y * width + run.start)..<(run.y * width + run.end)].reduce(0.0) {
        $0 + Double($1)
      }
      // A component's first run is its root: the lowest number wins where two are joined.
      if first == index {
        componentOfRun[index] = components.count
        components.append(
          ErrorRegion(
            x: run.start, y: run.y, width: area, height: 1, areaPixels: area, meanErrorProbability: 0,
            classIndex: 0, boundaryLength: 2 + 2 * area))
        sums.append(sum)
      } else {
        let component = componentOfRun[first]
        componentOfRun[index] = component
        components[component].extend(toRow: run.y, from: run.start, to: run.end)
        // Each pixel below another one hides an edge of both.
        components[component].boundaryLength += 2 + 2 * (area - run.coveredPixels)
        sums[component] += sum
      }
    }
    for index in components.indices {
      components[index].meanErrorProbability = sums[index] / Double(components[index].areaPixels)
    }
    return components
  }

  /// The pixels of each of these components, run by run.
  func runs(of kept: [Int]) -> [[Range<Int>]] {
    var position = [Int](repeating: -1, count: (componentOfRun.max() ?? -1) + 1)
    for (index, component) in kept.enumerated() { position[component] = index }
    var result = [[Range<Int>]](repeating: [], count: kept.count)
    for (index, run) in runs.enumerated() where position[componentOfRun[index]] >= 0 {
      result[position[componentOfRun[index]]].append(run.y * width + run.start..<run.y * width + run.end)
    }
    return result
  }
}

extension ErrorRegion {
  /// Takes in a run of pixels at or below its last row.
  fileprivate mutating func extend(toRow row: Int, from start: Int, to end: Int) {
    let right = max(x + width, end)
    x = min(x, start)
    width = right - x
    height = row + 1 - y
    areaPixels += end - start
  }
}
