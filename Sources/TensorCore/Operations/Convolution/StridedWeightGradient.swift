import CVectorKernels

extension StridedConvolution {
  /// Output pixels that a product sums over.
  private static let pixelsSummedAtOnce = 192
  /// Panels of one line of the kernel that one core takes: fewer than a line has, so that there is work for all cores.
  private static let panelsAtOnce = 6
  /// Keeps lines of the transposed gradient apart in the cache.
  private static let padding = 16

  /// The gradient of OIHW weights.
  func weightGradient(_ input: Tensor, gradient: Tensor) -> Tensor {
    let (inputs, outputs, kernel) = (shape.inputChannels, shape.outputChannels, shape.kernel)
    let (phase, run) = (forwardPhase, kernel * inputs)
    let blocks = TransposedBlocks(
      gradient, lines: max(1, Self.pixelsSummedAtOnce / outputWidth), padding: Self.padding)
    let sums = Tensor(zeros: [outputs, kernel, run])
    let width = Self.panelsAtOnce * Self.panelWidth
    let parts = (run + width - 1) / width
    Parallel.forEachRange(count: kernel * parts, grain: 1, maximumRanges: kernel * parts) { range in
      let panels = Tensor(uninitialized: [width * blocks.pixels])
      let edge = Tensor(uninitialized: [run])
      defer { withExtendedLifetime((panels, edge)) {} }
      for index in range {
        let (tap, start) = (index / parts, index % parts * width)
        let columns = start..<min(run, start + width)
        for block in blocks.all {
          let rows = phase.down.windows(block.rows, seeing: tap)
          guard !rows.isEmpty else { continue }
          let depth = rows.count * outputWidth
          for row in rows {
            let line = (block.image * shape.height + phase.down.source(row) + tap) * shape.width
            pack(
              phase.across, line: input.pointer + line * inputs, columns, edge: edge.mutablePointer,
              into: panels.mutablePointer + (row - rows.lowerBound) * outputWidth * Self.panelWidth,
              panelStride: depth * Self.panelWidth)
          }
          ek_packed_product(
            blocks.transposed(block, from: rows.lowerBound), blocks.stride, outputs, depth, panels.pointer,
            depth * Self.panelWidth, columns.count,
            sums.mutablePointer + tap * run + columns.lowerBound, kernel * run, 1)
        }
      }
    }
    let result = Tensor(uninitialized: [outputs, inputs, kernel, kernel])
    let square = kernel * kernel
    Parallel.forEachRange(count: outputs, grain: 8) { range in
      for output in range {
        let offset = output * square * inputs
        ek_transpose(
          sums.pointer + offset, inputs, square, inputs, result.mutablePointer + offset, square)
      }
    }
    withExtendedLifetime((sums, blocks)) {}
    return result
  }

  /// Some columns of what the windows of one line see, window by window; zeros outside the image.
  private func pack(
    _ windows: WindowAxis, line: UnsafePointer<Float>, _ columns: Range<Int>,
    edge: UnsafeMutablePointer<Float>, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    let inputs = shape.inputChannels
    func pack(_ source: UnsafePointer<Float>, _ window: Int, count: Int) {
      ek_pack_columns(
        source + columns.lowerBound, windows.sourceStride * inputs, 1, count, columns.count,
        panels + window * Self.panelWidth, panelStride)
    }
    let complete = windows.complete
    pack(line + windows.source(complete.lowerBound) * inputs, complete.lowerBound, count: complete.count)
    for window in 0..<windows.count where !complete.contains(window) {
      let taps = windows.taps(inside: window)
      edge.update(repeating: 0, count: windows.taps.count * inputs)
      if !taps.isEmpty {
        let seen = line + (windows.source(window) + taps.lowerBound) * inputs
        (edge + taps.lowerBound * inputs).update(from: seen, count: taps.count * inputs)
      }
      pack(edge, window, count: 1)
    }
  }

  /// The outputs' gradient in blocks of some lines, each as a matrix channels × pixels.
  private struct TransposedBlocks {
    struct Block {
      let image: Int
      let rows: Range<Int>
      /// Where its matrix begins.
      let offset: Int
    }

    let all: [Block]
    /// Of the largest block.
    let pixels: Int
    /// Between channels.
    let stride: Int
    private let values: Tensor
    private let width: Int

    init(_ gradient: Tensor, lines: Int, padding: Int) {
      let (height, width, channels) = (gradient.shape[1], gradient.shape[2], gradient.shape[3])
      let count = (height + lines - 1) / lines
      let stride = lines * width + padding
      let all = (0..<gradient.shape[0] * count).map { index in
        let (image, part) = (index / count, index % count)
        return Block(
          image: image, rows: height * part / count..<height * (part + 1) / count,
          offset: index * channels * stride)
      }
      (self.all, self.stride, pixels) = (all, stride, lines * width)
      let values = Tensor(uninitialized: [all.count, channels, stride])
      Parallel.forEachRange(count: all.count, grain: 1, maximumRanges: all.count) { range in
        for block in all[range] {
          ek_transpose(
            gradient.pointer + (block.image * height + block.rows.lowerBound) * width * channels,
            channels, block.rows.count * width, channels, values.mutablePointer + block.offset, stride)
        }
      }
      (self.values, self.width) = (values, width)
    }

    /// From some line of a block on.
    func transposed(_ block: Block, from row: Int) -> UnsafePointer<Float> {
      values.pointer + block.offset + (row - block.rows.lowerBound) * width
    }
  }
}
