import CVectorKernels

/// Convolutions whose window moves by several pixels, as matrix products straight from the image: in an NHWC image a line
/// of the window is one run of numbers, and the runs of neighbouring windows lie equally far apart. For every line of the
/// kernel and of the output there is one product; nothing is gathered.
///
/// The gradient of the input is stride² ordinary convolutions, one for the inputs of each phase.
struct StridedConvolution {
  let shape: ConvolutionShape
  let outputHeight: Int
  let outputWidth: Int

  /// Pixels that a core computes at once.
  private static let pixelsAtOnce = 128
  static let panelWidth = Int(ek_panel_width)

  init(_ shape: ConvolutionShape) {
    precondition(Self.canHandle(shape))
    let geometry = ConvolutionGeometry(stride: shape.stride, padding: shape.padding)
    self.shape = shape
    outputHeight = geometry.outputSize(shape.height, kernel: shape.kernel)
    outputWidth = geometry.outputSize(shape.width, kernel: shape.kernel)
  }

  static func canHandle(_ shape: ConvolutionShape) -> Bool { shape.dilation == 1 }

  /// One phase: windows down and across the image.
  struct Phase {
    let down: WindowAxis
    let across: WindowAxis
  }

  /// The convolution itself.
  var forwardPhase: Phase {
    func axis(_ input: Int, _ output: Int) -> WindowAxis {
      .forward(
        input: input, output: output, kernel: shape.kernel, stride: shape.stride, padding: shape.padding)
    }
    return Phase(down: axis(shape.height, outputHeight), across: axis(shape.width, outputWidth))
  }

  private var backwardPhases: [Phase] {
    func axes(_ input: Int, _ output: Int) -> [WindowAxis] {
      WindowAxis.backward(
        input: input, output: output, kernel: shape.kernel, stride: shape.stride, padding: shape.padding)
    }
    let columns = axes(shape.width, outputWidth)
    return axes(shape.height, outputHeight).flatMap { down in columns.map { Phase(down: down, across: $0) } }
  }
}

extension StridedConvolution {
  /// What one phase multiplies with: for every line of its taps a matrix, taps · channels × target channels, in panels.
  private struct Matrices {
    /// Between panels. *Units*: floats.
    let panelStride: Int
    /// Between the taps' lines.
    let lineStride: Int

    init(_ phase: Phase, from: Int, to: Int) {
      panelStride = phase.across.taps.count * from * panelWidth
      lineStride = panelStride * ((to + panelWidth - 1) / panelWidth)
    }
  }

  /// OIHW weights in the panels of `forward`.
  func packForward(_ weights: Tensor) -> Tensor { pack(weights, [forwardPhase], mirrored: false) }

  /// relu?(convolution + bias?) of weights that `packForward` made.
  func forward(_ input: Tensor, packed: Tensor, bias: Tensor?, relu: Bool) -> Tensor {
    let out = Tensor(uninitialized: [shape.batch, outputHeight, outputWidth, shape.outputChannels])
    let channels = shape.outputChannels
    apply([forwardPhase], input, packed: packed, mirrored: false, into: out) { pixels, count in
      if let bias {
        ek_fill_rows(bias.pointer, count, channels, pixels)
      } else {
        pixels.update(repeating: 0, count: count * channels)
      }
    } end: { pixels, count in
      if relu { ek_relu(pixels, pixels, count * channels) }
    }
    return out
  }

  /// The gradient of the input, from the outputs' one.
  func backwardData(_ gradient: Tensor, weights: Tensor) -> Tensor {
    let out = Tensor(uninitialized: [shape.batch, shape.height, shape.width, shape.inputChannels])
    let phases = backwardPhases
    let packed = pack(weights, phases, mirrored: true)
    apply(phases, gradient, packed: packed, mirrored: true, into: out) { pixels, count in
      pixels.update(repeating: 0, count: count * shape.inputChannels)
    } end: { _, _ in
    }
    return out
  }

  private func channels(mirrored: Bool) -> (from: Int, to: Int) {
    mirrored
      ? (shape.outputChannels, shape.inputChannels) : (shape.inputChannels, shape.outputChannels)
  }

  /// The matrices of all phases, one behind the other.
  private func pack(_ weights: Tensor, _ phases: [Phase], mirrored: Bool) -> Tensor {
    let (from, to) = channels(mirrored: mirrored)
    let square = shape.kernel * shape.kernel
    let (outputStep, inputStep) = (shape.inputChannels * square, square)
    let (fromStep, toStep) = mirrored ? (outputStep, inputStep) : (inputStep, outputStep)
    var pieces: [(tap: Int, offset: Int, panelStride: Int)] = []
    var size = 0
    for phase in phases {
      let matrices = Matrices(phase, from: from, to: to)
      for (line, y) in phase.down.taps.enumerated() {
        for (column, x) in phase.across.taps.enumerated() {
          let offset = size + line * matrices.lineStride + column * from * Self.panelWidth
          pieces.append((y * shape.kernel + x, offset, matrices.panelStride))
        }
      }
      size += phase.down.taps.count * matrices.lineStride
    }
    let packed = Tensor(uninitialized: [size])
    Parallel.forEachRange(count: pieces.count, grain: 1, maximumRanges: pieces.count) { range in
      for piece in pieces[range] {
        ek_pack_columns(
          weights.pointer + piece.tap, fromStep, toStep, from, to, packed.mutablePointer + piece.offset,
          piece.panelStride)
      }
    }
    return packed
  }

  /// What happens to some whole lines of the result before and after products are added to them.
  private typealias LineAction = (_ pixels: UnsafeMutablePointer<Float>, _ count: Int) -> Void

  private func apply(
    _ phases: [Phase], _ source: Tensor, packed: Tensor, mirrored: Bool, into out: Tensor,
    begin: LineAction, end: LineAction
  ) {
    let (from, to) = channels(mirrored: mirrored)
    let (height, width) = (out.shape[1], out.shape[2])
    let lines = max(1, Self.pixelsAtOnce * phases.count / width)
    let blocks = (height + lines - 1) / lines
    Parallel.forEachRange(count: shape.batch * blocks, grain: 1, maximumRanges: shape.batch * blocks) {
      range in
      for index in range {
        let (image, block) = (index / blocks, index % blocks)
        let rows = height * block / blocks..<height * (block + 1) / blocks
        let target = out.mutablePointer + image * height * width * to
        let (start, count) = (target + rows.lowerBound * width * to, rows.count * width)
        begin(start, count)
        var matrices = packed.pointer
        for phase in phases {
          let layout = Matrices(phase, from: from, to: to)
          let lines = Lines(
            phase: phase, source: source.pointer + image * source.shape[1] * source.shape[2] * from,
            sourceWidth: source.shape[2], from: from, target: target, targetWidth: width, to: to)
          lines.multiply(phase.down.windows(ofTargets: rows), matrices, layout)
          matrices += phase.down.taps.count * layout.lineStride
        }
        end(start, count)
      }
    }
  }

  /// One phase of one image.
  private struct Lines {
    let phase: Phase
    let source: UnsafePointer<Float>
    let sourceWidth: Int
    let from: Int
    let target: UnsafeMutablePointer<Float>
    let targetWidth: Int
    let to: Int

    /// Adds the products of some lines of windows.
    func multiply(_ rows: Range<Int>, _ matrices: UnsafePointer<Float>, _ layout: Matrices) {
      let (down, across) = (phase.down, phase.across)
      let edges = (0..<across.count).filter { !across.complete.contains($0) }
      for tap in down.taps.indices {
        let rows = down.windows(rows, seeing: tap)
        guard !rows.isEmpty else { continue }
        let matrix = matrices + tap * layout.lineStride
        if !across.complete.isEmpty {
          for row in rows {
            product(
              row, tap, across.complete.lowerBound, 0..<across.taps.count, matrix, layout,
              count: across.complete.count, sourceStep: across.sourceStride, targetStep: across.step)
          }
        }
        // Windows that lie partly outside: those below each other make one product.
        for column in edges {
          let taps = across.taps(inside: column)
          guard !taps.isEmpty else { continue }
          product(
            rows.lowerBound, tap, column, taps, matrix, layout, count: rows.count,
            sourceStep: down.sourceStride * sourceWidth, targetStep: down.step * targetWidth)
        }
      }
    }

    /// Some of a line's taps, for `count` windows from (row, column) on. *Units*: steps are pixels.
    private func product(
      _ row: Int, _ tap: Int, _ column: Int, _ taps: Range<Int>, _ matrix: UnsafePointer<Float>,
      _ layout: Matrices, count: Int, sourceStep: Int, targetStep: Int
    ) {
      let (down, across) = (phase.down, phase.across)
      let seen = (down.source(row) + tap) * sourceWidth + across.source(column) + taps.lowerBound
      let made = (down.start + down.step * row) * targetWidth + across.start + across.step * column
      ek_packed_product(
        source + seen * from, sourceStep * from, count, taps.count * from,
        matrix + taps.lowerBound * from * panelWidth, layout.panelStride, to, target + made * to,
        targetStep * to, 1)
    }
  }
}
