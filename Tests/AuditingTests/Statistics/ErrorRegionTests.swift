import Auditing
import Testing

@Suite struct ErrorRegionTests {
  private func find(
    _ prediction: PixelPrediction, minimumArea: Int = 1, maximumCount: Int = 200, threshold: Float = 0.5
  ) -> [ErrorRegion] {
    var settings = RegionSettings()
    settings.threshold = threshold
    settings.minimumAreaPixels = minimumArea
    settings.maximumCount = maximumCount
    return ErrorRegion.find(in: prediction, settings: settings)
  }

  @Test func boxAreaAndMean() {
    let regions = find(.drawn("......", ".8.6..", ".9....", "......"))
    let larger = ErrorRegion(
      x: 1, y: 1, width: 1, height: 2, areaPixels: 2, meanErrorProbability: 0.85, classIndex: 0,
      boundaryLength: 6, placement: .interior)
    #expect(regions.count == 2)
    #expect(abs(regions[0].meanErrorProbability - 0.85) < 1e-6)
    #expect(abs(regions[0].expectedWrongPixels - 1.7) < 1e-6)
    var exact = regions[0]
    exact.meanErrorProbability = 0.85
    #expect(exact == larger)
    #expect((regions[1].x, regions[1].y, regions[1].width, regions[1].height) == (3, 1, 1, 1))
  }

  @Test func cornersConnect() {
    #expect(find(.drawn("#..", ".#.", "..#")).map(\.areaPixels) == [3])
    #expect(find(.drawn("..#", ".#.", "#..")).map(\.areaPixels) == [3])
    #expect(find(.drawn("#.#", "...", "#.#")).map(\.areaPixels) == [1, 1, 1, 1])
  }

  @Test func rowsDoNotConnectAroundTheBorder() {
    #expect(find(.drawn("...##", "##...")).map(\.areaPixels) == [2, 2])
  }

  @Test func armsThatMeetLaterAreOneRegion() {
    #expect(find(.drawn("#.#.#", "#.#.#", "#####")).map(\.areaPixels) == [11])
    #expect(find(.drawn("#####", "#...#", "#.#.#", "#...#", "#####")).map(\.areaPixels) == [16, 1])
  }

  @Test func thresholdIsIncluded() {
    let prediction = PixelPrediction.sample(width: 3, height: 1, errorProbability: [0.5, 0.49999, 0.5])
    #expect(find(prediction).map(\.areaPixels) == [1, 1])
    #expect(find(prediction, threshold: 0.4).map(\.areaPixels) == [3])
  }

  @Test func smallRegionsAreDroppedAndTheWorstKept() {
    let prediction = PixelPrediction.drawn("6.99.9", "6.....", "6...##", "6.....")
    #expect(find(prediction).map(\.areaPixels) == [4, 2, 2, 1])
    #expect(find(prediction, minimumArea: 2).map(\.areaPixels) == [4, 2, 2])
    #expect(find(prediction, maximumCount: 1).map(\.x) == [0])
  }

  @Test func dominantClassIsTheLowestOfEquals() {
    let prediction = PixelPrediction.sample(
      width: 5, height: 1, labels: [2, 1, 2, 1, 0], errorProbability: [1, 1, 1, 1, 1])
    #expect(find(prediction).map(\.classIndex) == [1])
    let other = PixelPrediction.sample(
      width: 5, height: 1, labels: [2, 1, 2, 1, 2], errorProbability: [1, 1, 1, 1, 1])
    #expect(find(other).map(\.classIndex) == [2])
  }

  @Test func nothingAndEverything() {
    #expect(find(.sample(width: 7, height: 3)).isEmpty)
    let all = find(.sample(width: 7, height: 3, errorProbability: [Float](repeating: 1, count: 21)))
    #expect(
      all == [
        ErrorRegion(
          x: 0, y: 0, width: 7, height: 3, areaPixels: 21, meanErrorProbability: 1, classIndex: 0,
          boundaryLength: 20, placement: .interior)
      ])
  }

  /// Two regions that expect one wrong pixel each and whose boxes begin at one corner: chance must not decide.
  @Test func equalsComeInTheOrderOfTheirFirstPixels() {
    let quarter: Float = 0.25
    let prediction = PixelPrediction.sample(
      width: 3, height: 3, errorProbability: [1, 0, quarter, 0, 0, quarter, quarter, quarter, 0])
    for _ in 0..<20 { #expect(find(prediction, threshold: quarter).map(\.areaPixels) == [1, 4]) }
  }

  @Test(arguments: [(1, 1, 0.5), (1, 40, 0.5), (40, 1, 0.6), (64, 48, 0.3), (64, 48, 0.45), (51, 77, 0.7)])
  func sameAsFloodFill(width: Int, height: Int, share: Double) {
    for seed in 0..<8 {
      var numbers = NumberSequence(seed: UInt64(seed + 1))
      let values = (0..<width * height).map { _ -> Float in
        let isWrong = numbers.next() < share
        return Float(isWrong ? 0.5 + Double(numbers.next(below: 8)) / 16 : 0.25)
      }
      let labels = values.map { _ in UInt8(numbers.next(below: 3)) }
      let prediction = PixelPrediction.sample(
        width: width, height: height, labels: labels, errorProbability: values)
      let found = find(prediction, maximumCount: .max)
      let expected = FloodFill.regions(prediction, threshold: 0.5)
      #expect(found.count == expected.count)
      #expect(found.sorted(by: FloodFill.order) == expected.sorted(by: FloodFill.order))
      let sizes = found.map(\.expectedWrongPixels)
      #expect(sizes == sizes.sorted(by: >))
    }
  }

  /// The limit is several times what it takes; a search that is quadratic in anything takes minutes.
  @Test func aLargeNoisyImageTakesLittleTime() {
    let (width, height) = (2048, 1024)
    var numbers = NumberSequence(seed: 7)
    let noise = (0..<width * height).map { _ in Float(numbers.next()) }
    let labels = (0..<width * height).map { UInt8($0 / 64 % 11) }
    let prediction = PixelPrediction.sample(
      width: width, height: height, classCount: 11, labels: labels, errorProbability: noise)
    let duration = ContinuousClock().measure { #expect(find(prediction, minimumArea: 16).count <= 200) }
    #expect(duration < .seconds(1), "\(duration)")
  }
}

/// The plain way: from each pixel that is not taken yet, everything it touches.
private enum FloodFill {
  static func regions(_ prediction: PixelPrediction, threshold: Float) -> [ErrorRegion] {
    var isTaken = prediction.errorProbability.map { $0 < threshold }
    var regions: [ErrorRegion] = []
    for start in isTaken.indices where !isTaken[start] {
      var pixels = [start]
      isTaken[start] = true
      var next = 0
      while next < pixels.count {
        for neighbour in neighbours(pixels[next], prediction) where !isTaken[neighbour] {
          isTaken[neighbour] = true
          pixels.append(neighbour)
        }
        next += 1
      }
      regions.append(region(pixels, prediction))
    }
    return regions
  }

  private static func neighbours(_ pixel: Int, _ prediction: PixelPrediction) -> [Int] {
    let (x, y) = (pixel % prediction.width, pixel / prediction.width)
    var result: [Int] = []
    for row in max(0, y - 1)...min(prediction.height - 1, y + 1) {
      for column in max(0, x - 1)...min(prediction.width - 1, x + 1) {
        result.append(row * prediction.width + column)
      }
    }
    return result
  }

  private static func region(_ pixels: [Int], _ prediction: PixelPrediction) -> ErrorRegion {
    let (xs, ys) = (pixels.map { $0 % prediction.width }, pixels.map { $0 / prediction.width })
    let (left, top) = (xs.min() ?? 0, ys.min() ?? 0)
    let counts = (0..<3).map { label in pixels.count { prediction.labels[$0] == label } }
    return ErrorRegion(
      x: left, y: top, width: (xs.max() ?? 0) - left + 1, height: (ys.max() ?? 0) - top + 1,
      areaPixels: pixels.count,
      meanErrorProbability: pixels.reduce(0) { $0 + Double(prediction.errorProbability[$1]) }
        / Double(pixels.count),
      classIndex: counts.firstIndex(of: counts.max() ?? 0) ?? 0, boundaryLength: edges(pixels, prediction),
      placement: 2 * pixels.count { isNearAnotherLabel($0, prediction) } >= pixels.count
        ? .boundary : .interior)
  }

  private static func edges(_ pixels: [Int], _ prediction: PixelPrediction) -> Int {
    let inside = Set(pixels)
    return pixels.reduce(0) { sum, pixel in
      let (x, y) = (pixel % prediction.width, pixel / prediction.width)
      let sides = [
        x > 0 ? pixel - 1 : nil, x + 1 < prediction.width ? pixel + 1 : nil,
        y > 0 ? pixel - prediction.width : nil, y + 1 < prediction.height ? pixel + prediction.width : nil,
      ]
      return sum + sides.count { $0.map { !inside.contains($0) } ?? true }
    }
  }

  /// Within `RegionSettings.boundaryDistance` of an edge between two labels.
  private static func isNearAnotherLabel(_ pixel: Int, _ prediction: PixelPrediction) -> Bool {
    let (x, y, reach) = (pixel % prediction.width, pixel / prediction.width, 2)
    for row in max(0, y - reach)...min(prediction.height - 1, y + reach) {
      for column in max(0, x - reach)...min(prediction.width - 1, x + reach) {
        let label = prediction.labels[row * prediction.width + column]
        for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
          let (a, b) = (column + dx, row + dy)
          guard a >= 0, b >= 0, a < prediction.width, b < prediction.height else { continue }
          if prediction.labels[b * prediction.width + a] != label { return true }
        }
      }
    }
    return false
  }

  static func order(_ a: ErrorRegion, _ b: ErrorRegion) -> Bool {
    (a.y, a.x, a.width, a.height, a.areaPixels, a.meanErrorProbability)
      < (b.y, b.x, b.width, b.height, b.areaPixels, b.meanErrorProbability)
  }
}
