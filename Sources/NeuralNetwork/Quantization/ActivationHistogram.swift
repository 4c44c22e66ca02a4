import TensorCore

/// How often values of each size went into a convolution, and the step that bytes should have for them.
package struct ActivationHistogram {
  /// Over 0 ..< `limit`, evenly; zeros, which bytes hold exactly, are not counted.
  private var counts = [Int](repeating: 0, count: Self.binCount)
  /// A power of two above all values; 0 before the first positive one.
  private var limit: Float = 0
  private var largest: Float = 0
  package private(set) var hasNegative = false
  package private(set) var isFinite = true

  private static let binCount = 2048
  /// A ReLU may leave that little of a negative value.
  private static let negligible: Float = 1e-15

  package init() {}

  package mutating func add(_ tensor: Tensor) {
    guard tensor.nonFiniteCount == 0 else {
      isFinite = false
      return
    }
    tensor.withUnsafeBufferPointer { values in
      var (low, high): (Float, Float) = (0, 0)
      for value in values {
        low = value < low ? value : low
        high = value > high ? value : high
      }
      hasNegative = hasNegative || low < -Self.negligible
      largest = max(largest, high)
      makeRoom(for: high)
      guard limit > 0 else { return }
      let binsPerUnit = Float(Self.binCount) / limit
      counts.withUnsafeMutableBufferPointer { counts in
        for value in values where value > 0 { counts[Int(value * binsPerUnit)] &+= 1 }
      }
    }
  }

  private mutating func makeRoom(for value: Float) {
    if limit == 0 && value > 0 { limit = max(.leastNormalMagnitude, value.binade) }
    while limit > 0 && value >= limit {
      for bin in 0..<Self.binCount / 2 { counts[bin] = counts[2 * bin] + counts[2 * bin + 1] }
      for bin in Self.binCount / 2..<Self.binCount { counts[bin] = 0 }
      limit *= 2
    }
  }

  /// The step of the smallest squared error: rounding costs less with a smaller one, and what lies above 255 steps is
  /// clipped. `nil` where no value was positive.
  package var bestScale: Float? {
    guard largest > Self.negligible else { return nil }
    let candidates = (0..<65).map { largest * (1 - 0.0125 * Float($0)) / QuantizedConvolution.largestInput }
    return candidates.min { squaredError($0) < squaredError($1) }
  }

  private func squaredError(_ scale: Float) -> Double {
    let binWidth = limit / Float(Self.binCount)
    var sum = 0.0
    for (bin, count) in counts.enumerated() where count > 0 {
      let value = (Float(bin) + 0.5) * binWidth
      let kept = min(QuantizedConvolution.largestInput, (value / scale).rounded()) * scale
      sum += Double(count) * Double((value - kept) * (value - kept))
    }
    return sum
  }
}
