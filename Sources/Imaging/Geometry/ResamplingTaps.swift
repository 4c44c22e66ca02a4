/// Which source positions an output position of one axis is made of, and with what weights.
struct ResamplingTaps {
  /// Weights an output position; unused ones are 0.
  let count: Int
  /// The first source position of each output position; ascending, and `count` positions from it exist.
  let starts: [Int]
  /// *Shape*: `[output, count]`. Those of one output position add up to 1.
  let weights: [Float]

  init(input: Int, output: Int, filter: ResizeFilter) {
    let scale = Double(input) / Double(output)
    let spans = (0..<output).map { position in
      switch filter {
      case .bilinear: Self.bilinear(position, scale: scale, input: input)
      case .antialiased: Self.triangle(position, scale: scale, input: input)
      case .area: Self.box(position, scale: scale, input: input)
      }
    }
    let count = min(input, spans.map(\.weights.count).max() ?? 1)
    var starts: [Int] = []
    var weights = [Float](repeating: 0, count: output * count)
    for (position, span) in spans.enumerated() {
      // Near the end the window is moved back into the source, and the weights forward in it.
      let start = min(span.first, input - count)
      let total = span.weights.reduce(0, +)
      for (tap, weight) in span.weights.enumerated() {
        weights[position * count + span.first - start + tap] = Float(weight / total)
      }
      starts.append(start)
    }
    (self.count, self.starts, self.weights) = (count, starts, weights)
  }

  private typealias Span = (first: Int, weights: [Double])

  private static func bilinear(_ position: Int, scale: Double, input: Int) -> Span {
    let center = max(0, (Double(position) + 0.5) * scale - 0.5)
    let first = min(Int(center), input - 1)
    guard first + 1 < input else { return (first, [1]) }
    let share = center - Double(first)
    return (first, [1 - share, share])
  }

  private static func triangle(_ position: Int, scale: Double, input: Int) -> Span {
    let support = max(1, scale)
    let center = (Double(position) + 0.5) * scale
    let first = max(0, Int(center - support + 0.5))
    let end = min(input, Int(center + support + 0.5))
    return (first, (first..<end).map { max(0, 1 - abs((Double($0) + 0.5 - center) / support)) })
  }

  private static func box(_ position: Int, scale: Double, input: Int) -> Span {
    guard scale > 1 else { return (min(input - 1, Int((Double(position) + 0.5) * scale)), [1]) }
    let (lower, upper) = (Double(position) * scale, Double(position + 1) * scale)
    let first = Int(lower)
    let end = max(first + 1, min(input, Int(upper.rounded(.up))))
    return (first, (first..<end).map { max(0, min(upper, Double($0 + 1)) - max(lower, Double($0))) })
  }

  /// Resamples one row of interleaved RGB.
  func apply(to row: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<Float>) {
    starts.withUnsafeBufferPointer { starts in
      weights.withUnsafeBufferPointer { weights in
        guard var weight = weights.baseAddress else { return }
        var output = target
        for start in starts {
          var source = row + 3 * start
          var (red, green, blue): (Float, Float, Float) = (0, 0, 0)
          for tap in 0..<count {
            red += weight[tap] * Float(source[0])
            green += weight[tap] * Float(source[1])
            blue += weight[tap] * Float(source[2])
            source += 3
          }
          output[0] = red
          output[1] = green
          output[2] = blue
          output += 3
          weight += count
        }
      }
    }
  }

  /// The weighted sum of the rows that an output row is made of; source row r stands in slot r mod `count`.
  func sum(
    output: Int, of rows: UnsafePointer<Float>, rowCount: Int, into sum: UnsafeMutablePointer<Float>
  ) {
    sum.update(repeating: 0, count: rowCount)
    for tap in 0..<count {
      let weight = weights[output * count + tap]
      guard weight != 0 else { continue }
      let row = rows + (starts[output] + tap) % count * rowCount
      for i in 0..<rowCount { sum[i] += weight * row[i] }
    }
  }
}
