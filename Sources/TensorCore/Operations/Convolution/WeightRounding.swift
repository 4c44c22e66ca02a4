extension QuantizedConvolution {
  /// Where the weights of an even input channel begin that is followed by another: within one output channel, processors
  /// without VNNI add the product of each to that of its neighbour, `taps` further.
  static func pairStarts(count: Int, taps: Int) -> StrideTo<Int> {
    stride(from: 0, to: count - taps, by: 2 * taps)
  }

  /// Rounds weights, each output channel with the scale that leaves the smallest squared error.
  ///
  /// - Parameters:
  ///   - weights: *Shape*: `[O, I, KH, KW]`.
  ///   - bias: *Shape*: `[O]`.
  package convenience init(rounding weights: Tensor, bias: Tensor, inputScale: Float) {
    let outputs = weights.shape[0]
    let window = weights.count / outputs
    let taps = weights.shape[2] * weights.shape[3]
    var rounded = [Int8](repeating: 0, count: weights.count)
    var scales = [Float](repeating: 0, count: outputs)
    rounded.withUnsafeMutableBufferPointer { rounded in
      scales.withUnsafeMutableBufferPointer { scales in
        let results = UncheckedBox((rounded, scales))
        Parallel.forEachRange(count: outputs, grain: 4) { channels in
          for channel in channels {
            let range = channel * window..<(channel + 1) * window
            let row = UnsafeBufferPointer(start: weights.pointer + range.lowerBound, count: window)
            let (scale, values) = Self.rounded(row, taps: taps)
            results.value.1[channel] = scale
            for (index, value) in zip(range, values) { results.value.0[index] = value }
          }
        }
      }
    }
    self.init(
      weights: rounded, shape: weights.shape, weightScales: scales, bias: bias.values, inputScale: inputScale)
  }

  /// A channel's steps, and what one is worth: of twenty-five scales, from one that leaves every pair as it is to one
  /// that clips the largest weights to half.
  private static func rounded(_ row: UnsafeBufferPointer<Float>, taps: Int) -> (scale: Float, values: [Int8])
  {
    let largest = row.reduce(Float(0)) { max($0, abs($1)) }
    // Normal with any input's scale: a channel without weights has its bias alone.
    guard largest > 1e-20 else { return (1e-20, [Int8](repeating: 0, count: row.count)) }
    var best: (scale: Float, error: Float) = (0, .infinity)
    var steps = [Float](repeating: 0, count: row.count)
    for candidate in 0..<25 {
      let scale = largest * (2 - 0.0625 * Float(candidate)) / Float(largestWeight)
      round(row, scale: scale, taps: taps, into: &steps)
      var error: Float = 0
      for index in steps.indices {
        let difference = steps[index] - row[index] / scale
        error += difference * difference
      }
      if error * scale * scale < best.error { best = (scale, error * scale * scale) }
    }
    round(row, scale: best.scale, taps: taps, into: &steps)
    return (best.scale, steps.map { Int8($0) })
  }

  private static func round(
    _ row: UnsafeBufferPointer<Float>, scale: Float, taps: Int, into steps: inout [Float]
  ) {
    let limit = Float(largestWeight)
    let inverse = 1 / scale
    for index in row.indices { steps[index] = max(-limit, min(limit, (row[index] * inverse).rounded())) }
    // What is too much for a pair is taken from both.
    for start in pairStarts(count: row.count, taps: taps) {
      for index in start..<start + taps {
        let (first, second) = (steps[index], steps[index + taps])
        let excess = abs(first + second) - Float(largestPair)
        guard excess > 0, first * second > 0 else { continue }
        let (less, more) = ((excess / 2).rounded(.down), (excess / 2).rounded(.up))
        let firstIsLarger = abs(first) >= abs(second)
        let sign: Float = first > 0 ? 1 : -1
        steps[index] -= sign * (firstIsLarger ? more : less)
        steps[index + taps] -= sign * (firstIsLarger ? less : more)
      }
    }
  }
}
