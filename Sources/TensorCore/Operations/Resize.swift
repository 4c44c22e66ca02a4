import CVectorKernels

/// How output positions map to input positions in a bilinear resize; as PyTorch's `align_corners`.
package enum ResizeAlignment: Hashable, Sendable {
  /// The centres of the corner pixels coincide (`align_corners = true`).
  case corners
  /// The outer edges coincide (`align_corners = false`, half-pixel centres).
  case edges
}

/// The taps of one axis of a bilinear resize.
struct ResizeAxis: Sendable {
  let taps: [ek_tap]
  let inputSize: Int

  init(input: Int, output: Int, alignment: ResizeAlignment) {
    precondition(input > 0 && output > 0, "resize from \(input) to \(output)")
    inputSize = input
    taps = (0..<output).map { position in
      let source: Float
      switch alignment {
      case .corners:
        source = output > 1 ? Float(position) * (Float(input - 1) / Float(output - 1)) : 0
      case .edges:
        source = max(0, (Float(position) + 0.5) * (Float(input) / Float(output)) - 0.5)
      }
      let low = min(Int(source), input - 1)
      return ek_tap(
        low: Int32(low), high: Int32(min(low + 1, input - 1)), fraction: min(1, source - Float(low)))
    }
  }
}

extension Tensor {
  /// Bilinear interpolation, without a path back.
  ///
  /// *Shape*: `[N, H, W, C]` → `[N, height, width, C]`.
  package func resized(height: Int, width: Int, alignment: ResizeAlignment) -> Tensor {
    precondition(shape.rank == 4)
    if shape[1] == height && shape[2] == width { return self }
    let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
    let vertical = ResizeAxis(input: h, output: height, alignment: alignment)
    let horizontal = ResizeAxis(input: w, output: width, alignment: alignment)
    let out = Tensor(uninitialized: [n, height, width, c])
    Parallel.forEachRange(count: n * height, grain: max(1, 16384 / max(1, width * c))) { range in
      for row in range {
        ek_resize_row(
          pointer + row / height * h * w * c, Int32(w), Int32(c), vertical.taps[row % height],
          horizontal.taps,
          Int32(width), out.mutablePointer + row * width * c)
      }
    }
    return out
  }
}

extension Variable {
  /// Bilinear interpolation, as PyTorch's `interpolate(mode="bilinear")`.
  ///
  /// *Shape*: `[N, H, W, C]` → `[N, height, width, C]`.
  package func resized(height: Int, width: Int, alignment: ResizeAlignment = .corners) -> Variable {
    if shape[1] == height && shape[2] == width { return self }
    let inputShape = shape
    return Variable(value.resized(height: height, width: width, alignment: alignment), inputs: [self]) {
      gradient in
      [Variable.resizeBackward(gradient, inputShape: inputShape, alignment: alignment)]
    }
  }

  private static func resizeBackward(
    _ gradient: Tensor, inputShape: Shape, alignment: ResizeAlignment
  ) -> Tensor {
    let (n, h, w, c) = (inputShape[0], inputShape[1], inputShape[2], inputShape[3])
    let (height, width) = (gradient.shape[1], gradient.shape[2])
    let horizontal = ResizeAxis(input: w, output: width, alignment: alignment)
    let vertical = ResizeAxis(input: h, output: height, alignment: alignment)
    let out = Tensor(zeros: inputShape)
    // Strips of output rows would share input rows at their seams, so the images are what is split.
    Parallel.forEachRange(count: n, grain: 1) { range in
      let scratch = Tensor(uninitialized: [w, c])
      defer { withExtendedLifetime(scratch) {} }
      for image in range {
        let target = out.mutablePointer + image * h * w * c
        for row in 0..<height {
          let tap = vertical.taps[row]
          ek_resize_row_backward(
            gradient.pointer + (image * height + row) * width * c, Int32(w), Int32(c), tap.fraction,
            horizontal.taps, Int32(width), target + Int(tap.low) * w * c, target + Int(tap.high) * w * c,
            scratch.mutablePointer)
        }
      }
    }
    return out
  }
}
