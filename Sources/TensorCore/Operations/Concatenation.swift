import CVectorKernels

extension Variable {
  /// Joins along the channels.
  ///
  /// *Shape*: `[N, H, W, Cᵢ]` each → `[N, H, W, Σ Cᵢ]`.
  package static func concatenated(_ parts: [Variable]) -> Variable {
    precondition(!parts.isEmpty)
    let leading = parts[0].shape.dimensions.dropLast()
    precondition(
      parts.allSatisfy { $0.shape.dimensions.dropLast() == leading },
      "concatenating \(parts.map { $0.shape.description }.joined(separator: ", "))")
    let widths = parts.map { $0.value.channels }
    let total = widths.reduce(0, +)
    let out = Tensor(uninitialized: Shape(Array(leading) + [total]))
    var offset = 0
    for part in parts {
      copyChannels(part.value, at: 0, to: out, at: offset, count: part.value.channels)
      offset += part.value.channels
    }
    let needed = parts.map(\.requiresGradient)
    return Variable(out, inputs: parts) { gradient in
      var offset = 0
      return zip(widths, needed).map { width, needed in
        defer { offset += width }
        guard needed else { return nil }
        let slice = Tensor(uninitialized: Shape(Array(leading) + [width]))
        copyChannels(gradient, at: offset, to: slice, at: 0, count: width)
        return slice
      }
    }
  }

  private static func copyChannels(
    _ source: Tensor, at sourceOffset: Int, to target: Tensor, at targetOffset: Int, count: Int
  ) {
    let (sourceWidth, targetWidth) = (source.channels, target.channels)
    Parallel.forEachRowRange(rows: source.rows, channels: count) { range in
      ek_copy_channels(
        source.pointer + range.lowerBound * sourceWidth + sourceOffset, sourceWidth,
        target.mutablePointer + range.lowerBound * targetWidth + targetOffset, targetWidth, count, range.count
      )
    }
  }
}
