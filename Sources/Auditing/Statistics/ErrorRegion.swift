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
  /// 8-connected areas, the one with most expected wrong pixels first.
  ///
  /// - Complexity: linear in the pixels, but for a sort of the regions found.
  package static func find(in prediction: PixelPrediction, settings: RegionSettings) -> [ErrorRegion] {
    var runs = RunLabeling(
      width: prediction.width, height: prediction.height, values: prediction.errorProbability,
      threshold: settings.threshold)
    let kept = runs.regions(prediction).filter { $0.areaPixels >= settings.minimumAreaPixels }
    let sorted = kept.sorted {
      ($0.expectedWrongPixels, $1.y, $1.x) > ($1.expectedWrongPixels, $0.y, $0.x)
    }
    return Array(sorted.prefix(settings.maximumCount))
  }
}

/// Connected components over horizontal runs, joined by union-find.
private struct RunLabeling {
  private struct Run {
    let y: Int
    let start: Int
    let end: Int
  }

  private var runs: [Run] = []
  private var parents: [Int] = []

  init(width: Int, height: Int, values: [Float], threshold: Float) {
    var previous = 0..<0
    for y in 0..<height {
      let first = runs.count
      appendRuns(ofRow: y, width: width, values: values, threshold: threshold)
      join(first..<runs.count, previous)
      previous = first..<runs.count
    }
  }

  private mutating func appendRuns(ofRow y: Int, width: Int, values: [Float], threshold: Float) {
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

  private struct Sums {
    var minX = Int.max
    var maxX = 0
    var minY = Int.max
    var maxY = 0
    var area = 0
    var probability = 0.0
    var classes: [UInt8: Int] = [:]
  }

  mutating func regions(_ prediction: PixelPrediction) -> [ErrorRegion] {
    var sums: [Int: Sums] = [:]
    for index in runs.indices {
      let (key, run) = (root(index), runs[index])
      var sum = sums[key] ?? Sums()
      sum.minX = min(sum.minX, run.start)
      sum.maxX = max(sum.maxX, run.end)
      sum.minY = min(sum.minY, run.y)
      sum.maxY = max(sum.maxY, run.y + 1)
      sum.area += run.end - run.start
      let row = run.y * prediction.width
      for pixel in row + run.start..<row + run.end {
        sum.probability += Double(prediction.errorProbability[pixel])
        sum.classes[prediction.labels[pixel], default: 0] += 1
      }
      sums[key] = sum
    }
    return sums.values.map { sum in
      let dominant = sum.classes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
      return ErrorRegion(
        x: sum.minX, y: sum.minY, width: sum.maxX - sum.minX, height: sum.maxY - sum.minY,
        areaPixels: sum.area,
        meanErrorProbability: sum.probability / Double(sum.area), classIndex: Int(dominant))
    }
  }
}
