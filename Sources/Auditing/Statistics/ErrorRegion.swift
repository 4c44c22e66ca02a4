/// A connected area whose labels are probably wrong.
package struct ErrorRegion: Sendable, Equatable {
  /// The bounding box. *Units*: pixels.
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int
  package var areaPixels: Int
  package var meanErrorProbability: Double
  /// The pseudo-label class of most of its pixels, the lowest of equals.
  package var classIndex: Int

  /// The sum of the error probability. *Units*: pixels.
  package var expectedWrongPixels: Double { meanErrorProbability * Double(areaPixels) }

  package init(
    x: Int, y: Int, width: Int, height: Int, areaPixels: Int, meanErrorProbability: Double, classIndex: Int
  ) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
    self.areaPixels = areaPixels
    self.meanErrorProbability = meanErrorProbability
    self.classIndex = classIndex
  }
}

/// Which pixels make up regions.
package struct RegionSettings: Hashable, Sendable, Codable {
  /// Pixels whose error probability is at least this belong to a region.
  package var threshold: Float = 0.5
  /// Smaller regions are dropped. *Units*: pixels.
  package var minimumAreaPixels = 16
  /// At most this many a image are kept, by expected wrong pixels.
  package var maximumCount = 200

  package init() {}
}

extension ErrorRegion {
  /// 8-connected areas, the one with most expected wrong pixels first, equals in the order of their first pixels.
  ///
  /// - Complexity: linear in the pixels, but for a sort of the regions found.
  package static func find(in prediction: PixelPrediction, settings: RegionSettings) -> [ErrorRegion] {
    var labeling = RunLabeling(
      width: prediction.width, height: prediction.height, values: prediction.errorProbability,
      threshold: settings.threshold)
    let components = labeling.components(prediction.errorProbability)
    let large = components.indices.filter { components[$0].areaPixels >= settings.minimumAreaPixels }
    let sorted = large.sorted {
      (components[$0].expectedWrongPixels, $1) > (components[$1].expectedWrongPixels, $0)
    }
    let kept = Array(sorted.prefix(settings.maximumCount))
    var regions = kept.map { components[$0] }
    for (index, label) in labeling.dominantLabels(of: kept, prediction.labels).enumerated() {
      regions[index].classIndex = label
    }
    return regions
  }
}

/// Connected components over horizontal runs, joined by union-find.
private struct RunLabeling {
  private struct Run {
    let y: Int
    let start: Int
    let end: Int
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
            classIndex: 0))
        sums.append(sum)
      } else {
        let component = componentOfRun[first]
        componentOfRun[index] = component
        components[component].extend(toRow: run.y, from: run.start, to: run.end)
        sums[component] += sum
      }
    }
    for index in components.indices {
      components[index].meanErrorProbability = sums[index] / Double(components[index].areaPixels)
    }
    return components
  }

  /// The label of most pixels of each of these components, the lowest of equals.
  func dominantLabels(of kept: [Int], _ labels: [UInt8]) -> [Int] {
    var position = [Int](repeating: -1, count: (componentOfRun.max() ?? -1) + 1)
    for (index, component) in kept.enumerated() { position[component] = index }
    var counts = [Int](repeating: 0, count: kept.count * 256)
    for (index, run) in runs.enumerated() where position[componentOfRun[index]] >= 0 {
      let row = position[componentOfRun[index]] * 256
      for pixel in (run.y * width + run.start)..<(run.y * width + run.end) {
        counts[row + Int(labels[pixel])] += 1
      }
    }
    return kept.indices.map { index in
      let row = counts[index * 256..<(index + 1) * 256]
      return (row.firstIndex(of: row.max() ?? 0) ?? 0) - index * 256
    }
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
