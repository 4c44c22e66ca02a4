import CVectorKernels

/// Functions of many pixels at once, for what an audit does after the networks.
package enum PixelFunctions {
  /// Replaces each p by log(p / (1 − p)), with p kept `margin` away from 0 and 1; NaN stays. Exact to 1e-7 of the larger
  /// of 1 and the result.
  package static func replaceWithLogOdds(_ values: UnsafeMutableBufferPointer<Float>, margin: Float) {
    guard let base = values.baseAddress else { return }
    ek_log_odds(base, margin, values.count)
  }

  /// For each pixel of a line the mean over a square window around it, as far as that lies in the image.
  ///
  /// - Parameters:
  ///   - upper: the line of a summed-area table above the windows, one number more than `line`.
  ///   - lower: its line below them.
  ///   - rows: how many lines of pixels lie between.
  package static func windowMeans(
    between upper: UnsafePointer<Double>, and lower: UnsafePointer<Double>, rows: Int, radius: Int,
    into line: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(rows > 0 && radius >= 0)
    guard let base = line.baseAddress else { return }
    ek_window_means(upper, lower, line.count, radius, rows, base)
  }
}
