import CVectorKernels

extension Variable {
  /// Maximum over square windows; padding never wins.
  ///
  /// *Shape*: `[N, H, W, C]` → `[N, H′, W′, C]`, H′ = ⌊(H + 2 · padding − kernel) / stride⌋ + 1.
  package func maxPooled(kernel: Int, stride: Int, padding: Int) -> Variable {
    precondition(shape.rank == 4 && kernel > 0 && kernel <= 15 && stride > 0 && padding * 2 <= kernel)
    let x = value
    let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
    let outHeight = (h + 2 * padding - kernel) / stride + 1
    let outWidth = (w + 2 * padding - kernel) / stride + 1
    let out = Tensor(uninitialized: [n, outHeight, outWidth, c])
    var taps = [UInt8](repeating: 0, count: out.count)
    taps.withUnsafeMutableBufferPointer { taps in
      guard let base = taps.baseAddress else { return }
      let tapBase = UncheckedBox(base)
      Parallel.forEachRange(count: n * outHeight, grain: 1) { range in
        for row in range {
          let offset = row * outWidth * c
          ek_max_pool_row(
            x.pointer + row / outHeight * h * w * c, Int32(h), Int32(w), Int32(c), Int32(kernel),
            Int32(stride),
            Int32(padding), Int32(row % outHeight), Int32(outWidth), out.mutablePointer + offset,
            tapBase.value + offset)
        }
      }
    }
    guard requiresGradient else { return Variable(out) }
    let (inputShape, winners) = (shape, taps)
    return Variable(out, inputs: [self]) { gradient in
      let result = Tensor(zeros: inputShape)
      Parallel.forEachRange(count: n, grain: 1) { range in
        for image in range {
          winners.withUnsafeBufferPointer { winners in
            guard let base = winners.baseAddress else { return }
            let offset = image * outHeight * outWidth * c
            ek_max_pool_backward(
              gradient.pointer + offset, base + offset, Int32(h), Int32(w), Int32(c), Int32(kernel),
              Int32(stride), Int32(padding), Int32(outHeight), Int32(outWidth),
              result.mutablePointer + image * h * w * c)
          }
        }
      }
      return [result]
    }
  }

  /// Mean over all pixels of an image.
  ///
  /// *Shape*: `[N, H, W, C]` → `[N, 1, 1, C]`.
  package func globalAveragePooled() -> Variable {
    precondition(shape.rank == 4 && shape[1] * shape[2] > 0)
    let (n, pixels, c) = (shape[0], shape[1] * shape[2], shape[3])
    let inputShape = shape
    return Variable(Tensor(value.globalMeans(), shape: [n, 1, 1, c]), inputs: [self]) { gradient in
      let row = gradient.scaled(by: 1 / Float(pixels))
      defer { withExtendedLifetime(row) {} }
      let result = Tensor(uninitialized: inputShape)
      for image in 0..<n {
        ek_fill_rows(row.pointer + image * c, pixels, c, result.mutablePointer + image * pixels * c)
      }
      return [result]
    }
  }
}

extension Tensor {
  /// The mean of each channel over all pixels of an image, image after image. *Shape*: `[N, H, W, C]` → N · C numbers.
  package func globalMeans() -> [Float] {
    precondition(shape.rank == 4 && shape[1] * shape[2] > 0)
    let (n, pixels, c) = (shape[0], shape[1] * shape[2], shape[3])
    var means: [Float] = []
    means.reserveCapacity(n * c)
    for image in 0..<n {
      let sums = Parallel.sum(rows: pixels, channels: c, width: c) { range, partial in
        ek_channel_sums(pointer + (image * pixels + range.lowerBound) * c, range.count, c, partial)
      }
      means += sums.map { Float($0 / Double(pixels)) }
    }
    return means
  }
}
