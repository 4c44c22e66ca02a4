import TensorCore

/// How far a convolution's rounded outputs are from its exact ones.
struct OutputError {
  /// Σ (exact − rounded) of each output channel.
  private var sums: [Double] = []
  private var noise = 0.0
  private var signal = 0.0
  private var pixels = 0

  /// *Shape*: both `[N, H, W, O]`.
  mutating func add(exact: Tensor, rounded: Tensor) {
    let channels = exact.shape[3]
    if sums.isEmpty { sums = [Double](repeating: 0, count: channels) }
    var (noise, signal) = (0.0, 0.0)
    exact.withUnsafeBufferPointer { exact in
      rounded.withUnsafeBufferPointer { rounded in
        for start in stride(from: 0, to: exact.count, by: channels) {
          for channel in 0..<channels {
            let value = exact[start + channel]
            let difference = Double(value - rounded[start + channel])
            sums[channel] += difference
            noise += difference * difference
            signal += Double(value) * Double(value)
          }
        }
      }
    }
    self.noise += noise
    self.signal += signal
    pixels += exact.count / channels
  }

  /// *Shape*: `[O]`.
  var meanByChannel: [Float] { sums.map { Float($0 / Double(max(1, pixels))) } }

  /// Root of the mean squared difference once the means are corrected, over the outputs' root mean square.
  var relative: Double {
    let corrected = noise - sums.reduce(0) { $0 + $1 * $1 } / Double(max(1, pixels))
    return (max(0, corrected) / max(1e-30, signal)).squareRoot()
  }
}
