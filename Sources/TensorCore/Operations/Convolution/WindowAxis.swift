/// How the windows of a convolution meet the pixels of a source image along one side.
struct WindowAxis {
  /// Windows; the i-th one belongs to the target's pixel start + step · i.
  let count: Int
  let start: Int
  let step: Int
  /// The kernel's positions that take part, by ascending source pixel.
  let taps: [Int]
  /// Windows of which all taps lie inside the source.
  let complete: Range<Int>

  /// The j-th tap of the i-th window sees the source's pixel first + sourceStep · i + j.
  private let first: Int
  private let sourceStep: Int
  private let sourceSize: Int

  private init(count: Int, start: Int, step: Int, taps: [Int], first: Int, sourceStep: Int, sourceSize: Int) {
    (self.count, self.start, self.step, self.taps) = (count, start, step, taps)
    (self.first, self.sourceStep, self.sourceSize) = (first, sourceStep, sourceSize)
    let lower = min(count, max(0, (sourceStep - 1 - first) / sourceStep))
    let last = sourceSize - taps.count - first
    complete = lower..<max(lower, min(count, last < 0 ? 0 : last / sourceStep + 1))
  }

  /// A window for every output.
  static func forward(input: Int, output: Int, kernel: Int, stride: Int, padding: Int) -> WindowAxis {
    WindowAxis(
      count: output, start: 0, step: 1, taps: Array(0..<kernel), first: -padding, sourceStep: stride,
      sourceSize: input)
  }

  /// From the outputs' gradients to the inputs': one axis for each of `stride` phases, inputs that meet the same taps.
  static func backward(input: Int, output: Int, kernel: Int, stride: Int, padding: Int) -> [WindowAxis] {
    (0..<min(stride, input)).map { phase in
      let smallest = (phase + padding) % stride
      let taps = Array(Swift.stride(from: smallest, to: kernel, by: stride).reversed())
      return WindowAxis(
        count: (input - phase + stride - 1) / stride, start: phase, step: stride, taps: taps,
        first: (phase + padding - smallest) / stride - (taps.count - 1), sourceStep: 1, sourceSize: output)
    }
  }

  /// Where the i-th window's first tap lies, perhaps outside the source.
  func source(_ index: Int) -> Int { first + sourceStep * index }

  /// Source pixels from a window to the next.
  var sourceStride: Int { sourceStep }

  /// The taps, by their positions in `taps`, of the i-th window that lie inside the source.
  func taps(inside index: Int) -> Range<Int> {
    let lower = min(taps.count, max(0, -source(index)))
    return lower..<max(lower, min(taps.count, sourceSize - source(index)))
  }

  /// Those of some windows whose j-th tap lies inside the source.
  func windows(_ windows: Range<Int>, seeing tap: Int) -> Range<Int> {
    var (lower, upper) = (windows.lowerBound, windows.upperBound)
    while lower < upper && source(lower) + tap < 0 { lower += 1 }
    while upper > lower && source(upper - 1) + tap >= sourceSize { upper -= 1 }
    return lower..<upper
  }

  /// The windows that belong to some of the target's pixels.
  func windows(ofTargets targets: Range<Int>) -> Range<Int> {
    func index(_ target: Int) -> Int { min(count, max(0, target - start + step - 1) / step) }
    return index(targets.lowerBound)..<index(targets.upperBound)
  }
}
