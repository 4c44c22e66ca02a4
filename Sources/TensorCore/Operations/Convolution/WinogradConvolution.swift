import CVectorKernels

/// 3×3 convolutions of stride 1, at any dilation, by Winograd's minimal filtering F(4×4, 3×3): 36 products for 16
/// outputs instead of 144.
///
/// Rounding errors are some ten times those of the direct sum (relative 1e-5), far below what training notices. A
/// dilated convolution is d² ordinary ones on interleaved grids, so that tiles may hold pixels d apart.
///
/// *Source*: Lavin, Gray, "Fast algorithms for convolutional neural networks", arXiv 1509.09308.
struct WinogradConvolution {
  private let shape: ConvolutionShape
  private let tiles: [ek_winograd_tile]

  private static let points = 36
  private static let tileSide = 4
  /// Tiles that a core takes from inputs to outputs at once: few enough for its cache, and enough to fetch the weights for.
  private static let tilesAtOnce = 72
  /// Transformed tiles of inputs and gradients that exist at once in `weightGradient`. *Units*: floats.
  private static let workspace = 16 << 20
  /// Keeps the 36 streams of a transform apart in the cache.
  private static let streamPadding = 64

  init(_ shape: ConvolutionShape) {
    self.shape = shape
    tiles = Self.makeTiles(shape)
  }

  static func canHandle(_ shape: ConvolutionShape) -> Bool {
    let width = Int(ek_winograd_width)
    return shape.kernel == 3 && shape.stride == 1 && shape.padding == shape.dilation
      && shape.inputChannels % width == 0 && shape.outputChannels % width == 0
  }

  /// Tiles of one image.
  static func tileCount(_ shape: ConvolutionShape) -> Int {
    tileStarts(shape.height, dilation: shape.dilation).count
      * tileStarts(shape.width, dilation: shape.dilation).count
  }

  private static func makeTiles(_ shape: ConvolutionShape) -> [ek_winograd_tile] {
    let rows = tileStarts(shape.height, dilation: shape.dilation)
    let columns = tileStarts(shape.width, dilation: shape.dilation)
    return (0..<shape.batch).flatMap { image in
      rows.flatMap { y in
        columns.map { x in ek_winograd_tile(image: Int32(image), y: Int32(y), x: Int32(x)) }
      }
    }
  }

  /// Where tiles begin along one side: on each of the interleaved grids, every fourth pixel.
  private static func tileStarts(_ size: Int, dilation: Int) -> [Int] {
    (0..<min(dilation, size)).flatMap { Array(stride(from: $0, to: size, by: tileSide * dilation)) }
  }
}

extension WinogradConvolution {
  /// Weights in the panels that the products want. *Shape*: `[36, rows · columns]`, rows being what is summed over.
  ///
  /// - Parameter mirrored: for the gradient of the input.
  func transform(_ weights: Tensor, mirrored: Bool) -> Tensor {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let rows = mirrored ? outputs : inputs
    let result = Tensor(uninitialized: [Self.points, inputs * outputs])
    Parallel.forEachRange(count: rows, grain: 8) { range in
      ek_winograd_weights(
        weights.pointer, Int32(inputs), Int32(outputs), mirrored ? 1 : 0, range.lowerBound, range.count,
        result.mutablePointer, inputs * outputs)
    }
    return result
  }

  /// relu?(convolution + bias? + residual?) of weights that `transform` made.
  ///
  /// - Parameter mirrored: as in `transform`; input and output change places.
  func apply(
    _ input: Tensor, transformed: Tensor, mirrored: Bool, bias: Tensor? = nil, residual: Tensor? = nil,
    relu: Bool = false
  ) -> Tensor {
    let (from, to) = channels(mirrored: mirrored)
    let out = Tensor(uninitialized: [shape.batch, shape.height, shape.width, to])
    var (source, target) = (map(channels: from), map(channels: to))
    Parallel.forEachPart(parts(of: tiles.count, size: Self.tilesAtOnce)) { range in
      let (count, first) = (range.count, range.lowerBound)
      let inputStride = count * from + Self.streamPadding
      let outputStride = count * to + Self.streamPadding
      let pieces = Tensor(uninitialized: [Self.points, inputStride])
      let products = Tensor(uninitialized: [Self.points, outputStride])
      defer { withExtendedLifetime((pieces, products)) {} }
      forEachTileRange(range) { part, tiles in
        ek_winograd_input(
          input.pointer, &source, tiles, part.count,
          pieces.mutablePointer + (part.lowerBound - first) * from, inputStride)
      }
      Parallel.forEachRange(count: Self.points, grain: 1, maximumRanges: Self.points) { points in
        for point in points {
          ek_packed_product(
            pieces.pointer + point * inputStride, from, count, from, transformed.pointer + point * from * to,
            from * Int(ek_panel_width), to, products.mutablePointer + point * outputStride, to, 0)
        }
      }
      forEachTileRange(range) { part, tiles in
        ek_winograd_output(
          products.pointer + (part.lowerBound - first) * to, outputStride, &target, tiles, part.count,
          bias?.pointer, residual?.pointer, relu ? 1 : 0, out.mutablePointer)
      }
    }
    return out
  }

  /// The gradient of OIHW weights.
  func weightGradient(_ input: Tensor, gradient: Tensor) -> Tensor {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    var (source, target) = (map(channels: inputs), map(channels: outputs))
    let sums = Tensor(uninitialized: [Self.points, inputs * outputs])
    let perTile = Self.points * (inputs + outputs)
    for range in parts(of: tiles.count, size: max(64, Self.workspace / perTile)) {
      let (count, first) = (range.count, range.lowerBound)
      let inputStride = count * inputs + Self.streamPadding
      let outputStride = count * outputs + Self.streamPadding
      let pieces = Tensor(uninitialized: [Self.points, inputStride])
      let slopes = Tensor(uninitialized: [Self.points, outputStride])
      defer { withExtendedLifetime((pieces, slopes)) {} }
      forEachTileRange(range) { part, tiles in
        let offset = part.lowerBound - first
        ek_winograd_input(
          input.pointer, &source, tiles, part.count, pieces.mutablePointer + offset * inputs, inputStride)
        ek_winograd_gradient(
          gradient.pointer, &target, tiles, part.count, slopes.mutablePointer + offset * outputs, outputStride
        )
      }
      Parallel.forEachRange(count: Self.points, grain: 1, maximumRanges: Self.points) { points in
        for point in points {
          BLAS.multiplyOnThisThread(
            slopes.pointer + point * outputStride, pieces.pointer + point * inputStride, transposeFirst: true,
            into: sums.mutablePointer + point * inputs * outputs, m: outputs, n: inputs, k: count,
            accumulating: first > 0)
        }
      }
    }
    let result = Tensor(uninitialized: [outputs, inputs, 3, 3])
    Parallel.forEachRange(count: outputs, grain: 8) { range in
      ek_winograd_weight_gradient(
        sums.pointer, inputs * outputs, Int32(inputs), range.lowerBound, range.count, result.mutablePointer)
    }
    withExtendedLifetime(sums) {}
    return result
  }

  private func channels(mirrored: Bool) -> (from: Int, to: Int) {
    mirrored
      ? (shape.outputChannels, shape.inputChannels) : (shape.inputChannels, shape.outputChannels)
  }

  private func map(channels: Int) -> ek_winograd_map {
    ek_winograd_map(
      height: Int32(shape.height), width: Int32(shape.width), channels: Int32(channels),
      dilation: Int32(shape.dilation))
  }

  /// `count` in parts of about one size, at most `size` each.
  private func parts(of count: Int, size: Int) -> [Range<Int>] {
    let parts = (count + size - 1) / size
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }

  private func forEachTileRange(
    _ range: Range<Int>, _ body: (Range<Int>, UnsafePointer<ek_winograd_tile>) -> Void
  ) {
    tiles.withUnsafeBufferPointer { tiles in
      guard let base = tiles.baseAddress else { return }
      let shared = UncheckedBox(base)
      Parallel.forEachRange(count: range.count, grain: 8) { part in
        let part = part.lowerBound + range.lowerBound..<part.upperBound + range.lowerBound
        body(part, shared.value + part.lowerBound)
      }
    }
  }
}
