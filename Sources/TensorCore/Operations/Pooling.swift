import CVectorKernels

extension Variable {
  /// Maximum over square windows; padding never wins.
  ///
  /// *Shape*: `[N, H, W, C]` → `[N, H′, W′, C]`, H′ = ⌊(H + 2 · padding − kernel) / stride⌋ + 1.
  package func maxPooled(kernel: Int, stride: Int, padding: Int) -> Variable {
    precondition(shape.rank == 4 && kernel > 0 && kernel <= 15 && stride > 0 && padding * 2 <= kernel)
    let pooling = MaxPooling(input: shape, kernel: kernel, stride: stride, padding: padding)
    guard requiresGradient else { return Variable(pooling.values(value)) }
    let (out, winners) = pooling.valuesAndWinners(value)
    return Variable(out, inputs: [self]) { gradient in [pooling.backward(gradient, winners: winners)] }
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

/// Maxima over square windows of NHWC images.
private struct MaxPooling {
  let input: Shape
  let output: Shape
  let kernel: Int32
  let stride: Int32
  let padding: Int32

  init(input: Shape, kernel: Int, stride: Int, padding: Int) {
    self.input = input
    let size = { (input[$0] + 2 * padding - kernel) / stride + 1 }
    output = [input[0], size(1), size(2), input[3]]
    (self.kernel, self.stride, self.padding) = (Int32(kernel), Int32(stride), Int32(padding))
  }

  private var inputStride: Int { input[1] * input[2] * input[3] }
  private var rowStride: Int { output[2] * output[3] }

  func values(_ x: Tensor) -> Tensor {
    let out = Tensor(uninitialized: output)
    fill(out, from: x, winners: nil)
    return out
  }

  /// Also which place of its window each maximum has.
  func valuesAndWinners(_ x: Tensor) -> (values: Tensor, winners: [UInt8]) {
    let out = Tensor(uninitialized: output)
    let winners = [UInt8](unsafeUninitializedCapacity: out.count) { winners, filled in
      fill(out, from: x, winners: winners.baseAddress)
      filled = out.count
    }
    return (out, winners)
  }

  private func fill(_ out: Tensor, from x: Tensor, winners: UnsafeMutablePointer<UInt8>?) {
    let shared = UncheckedBox(winners)
    Parallel.forEachRange(count: output[0] * output[1], grain: 1) { range in
      for row in range {
        ek_max_pool_row(
          x.pointer + row / output[1] * inputStride, Int32(input[1]), Int32(input[2]), Int32(input[3]),
          kernel,
          stride, padding, Int32(row % output[1]), Int32(output[2]), out.mutablePointer + row * rowStride,
          shared.value.map { $0 + row * rowStride })
      }
    }
  }

  func backward(_ gradient: Tensor, winners: [UInt8]) -> Tensor {
    let result = Tensor(zeros: input)
    winners.withUnsafeBufferPointer { winners in
      guard let base = winners.baseAddress else { return }
      let shared = UncheckedBox(base)
      Parallel.forEachRange(count: input[0], grain: 1) { range in
        for image in range {
          let offset = image * output[1] * rowStride
          ek_max_pool_backward(
            gradient.pointer + offset, shared.value + offset, Int32(input[1]), Int32(input[2]),
            Int32(input[3]),
            kernel, stride, padding, Int32(output[1]), Int32(output[2]),
            result.mutablePointer + image * inputStride)
        }
      }
    }
    return result
  }
}
