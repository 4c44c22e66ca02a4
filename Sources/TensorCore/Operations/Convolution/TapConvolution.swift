import CVectorKernels

/// 3×3 convolutions of stride 1 whose dilation is not small beside the image: each tap's pixels are gathered and
/// multiplied once. Padding, most of what a window of dilation 18 sees of 32 × 32 pixels, costs nothing.
struct TapConvolution {
  private let shape: ConvolutionShape

  init(_ shape: ConvolutionShape) {
    precondition(shape.kernel == 3 && shape.stride == 1 && shape.padding == shape.dilation)
    self.shape = shape
  }

  /// Output pixels that a tap reaches, and how far away their input lies.
  private struct Tap {
    let index: Int
    let rows: Range<Int>
    let columns: Range<Int>
    let down: Int
    let right: Int

    var isCenter: Bool { down == 0 && right == 0 }
    /// Of one image.
    var pixelCount: Int { rows.count * columns.count }
  }

  /// The centre first: it reaches every output.
  private var taps: [Tap] {
    let all = (0..<9).compactMap { index -> Tap? in
      let (down, right) = ((index / 3 - 1) * shape.dilation, (index % 3 - 1) * shape.dilation)
      guard abs(down) < shape.height, abs(right) < shape.width else { return nil }
      return Tap(
        index: index, rows: max(0, -down)..<min(shape.height, shape.height - down),
        columns: max(0, -right)..<min(shape.width, shape.width - right), down: down, right: right)
    }
    return all.filter(\.isCenter) + all.filter { !$0.isCenter }
  }

  /// The weights as a matrix outputs × inputs for every tap. *Shape*: `[9, O, I]`.
  static func split(_ weights: Tensor) -> Tensor {
    let (outputs, inputs) = (weights.shape[0], weights.shape[1])
    let result = Tensor(uninitialized: [9, outputs, inputs])
    let pairs = outputs * inputs
    Parallel.forEachRowRange(rows: pairs, channels: 9) { range in
      ek_transpose(
        weights.pointer + range.lowerBound * 9, 9, range.count, 9, result.mutablePointer + range.lowerBound,
        pairs)
    }
    return result
  }

  func forward(_ input: Tensor, split: Tensor, bias: Tensor?, relu: Bool) -> Tensor {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let out = Tensor(uninitialized: [shape.batch, shape.height, shape.width, outputs])
    if let bias { ek_fill_rows(bias.pointer, out.rows, outputs, out.mutablePointer) }
    for tap in taps {
      let matrix = split.pointer + tap.index * inputs * outputs
      if tap.isCenter {
        BLAS.multiply(
          input.pointer, matrix, transposeSecond: true, into: out.mutablePointer, m: out.rows, n: outputs,
          k: inputs, accumulating: bias != nil)
        continue
      }
      let gathered = gather(input, tap, shifted: true)
      let product = Tensor(uninitialized: [gathered.shape[0], outputs])
      BLAS.multiply(
        gathered.pointer, matrix, transposeSecond: true, into: product.mutablePointer, m: gathered.shape[0],
        n: outputs, k: inputs)
      scatter(product, into: out.mutablePointer, tap, shifted: false)
      withExtendedLifetime(gathered) {}
    }
    if relu {
      Parallel.forEachRowRange(rows: out.count, channels: 1) { range in
        ek_relu(out.pointer + range.lowerBound, out.mutablePointer + range.lowerBound, range.count)
      }
    }
    return out
  }

  func backwardData(_ gradient: Tensor, split: Tensor) -> Tensor {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let out = Tensor(uninitialized: [shape.batch, shape.height, shape.width, inputs])
    for tap in taps {
      let matrix = split.pointer + tap.index * inputs * outputs
      if tap.isCenter {
        BLAS.multiply(
          gradient.pointer, matrix, into: out.mutablePointer, m: out.rows, n: inputs, k: outputs)
        continue
      }
      let gathered = gather(gradient, tap, shifted: false)
      let product = Tensor(uninitialized: [gathered.shape[0], inputs])
      BLAS.multiply(
        gathered.pointer, matrix, into: product.mutablePointer, m: gathered.shape[0], n: inputs, k: outputs)
      scatter(product, into: out.mutablePointer, tap, shifted: true)
      withExtendedLifetime(gathered) {}
    }
    return out
  }

  /// The gradient of OIHW weights.
  func weightGradient(_ input: Tensor, gradient: Tensor) -> Tensor {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let split = Tensor(zeros: [9, outputs, inputs])
    for tap in taps {
      let (x, g) =
        tap.isCenter
        ? (input, gradient) : (gather(input, tap, shifted: true), gather(gradient, tap, shifted: false))
      BLAS.multiply(
        g.pointer, x.pointer, transposeFirst: true,
        into: split.mutablePointer + tap.index * inputs * outputs, m: outputs, n: inputs, k: x.rows)
      withExtendedLifetime((x, g)) {}
    }
    let result = Tensor(uninitialized: [outputs, inputs, 3, 3])
    let pairs = outputs * inputs
    Parallel.forEachRowRange(rows: pairs, channels: 9) { range in
      ek_transpose(
        split.pointer + range.lowerBound, pairs, 9, range.count, result.mutablePointer + range.lowerBound * 9,
        9)
    }
    withExtendedLifetime(split) {}
    return result
  }

  /// The tap's rows of pixels, one below the other. *Shape*: `[pixels, C]`.
  private func gather(_ source: Tensor, _ tap: Tap, shifted: Bool) -> Tensor {
    let channels = source.channels
    let result = Tensor(uninitialized: [shape.batch * tap.pixelCount, channels])
    forEachRow(tap, shifted: shifted) { row, pixel in
      let count = tap.columns.count * channels
      (result.mutablePointer + row * count).update(from: source.pointer + pixel * channels, count: count)
    }
    return result
  }

  /// Adds rows that belong to the tap's pixels to these.
  private func scatter(_ rows: Tensor, into target: UnsafeMutablePointer<Float>, _ tap: Tap, shifted: Bool) {
    let channels = rows.channels
    let target = UncheckedBox(target)
    forEachRow(tap, shifted: shifted) { row, pixel in
      let count = tap.columns.count * channels
      ek_accumulate(target.value + pixel * channels, rows.pointer + row * count, 1, count)
    }
  }

  /// Every row of the tap's rectangle in every image, and its first pixel: in the output, or shifted in the input.
  private func forEachRow(_ tap: Tap, shifted: Bool, _ body: (_ row: Int, _ pixel: Int) -> Void) {
    let (down, right) = shifted ? (tap.down, tap.right) : (0, 0)
    Parallel.forEachRange(count: shape.batch * tap.rows.count, grain: 4) { range in
      for row in range {
        let y = tap.rows.lowerBound + row % tap.rows.count + down
        let line = (row / tap.rows.count * shape.height + y) * shape.width
        body(row, line + tap.columns.lowerBound + right)
      }
    }
  }
}
