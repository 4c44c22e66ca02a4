import CVectorKernels

extension Variable {
  /// Mean cross-entropy of class scores against labels, over the pixels that are not ignored.
  ///
  /// Scores of another size than the labels are resized (bilinear, corners aligned) row by row on the way: the
  /// resized scores never exist as a whole. Without a labelled pixel the loss is 0.
  ///
  /// *Shape*: self `[N, h, w, C]`, labels `[N, H, W]`. *Range*: labels below C, or `ignoreLabel`.
  package func crossEntropy(_ labels: LabelTensor, ignoreLabel: UInt8) -> Variable {
    precondition(shape.rank == 4 && labels.shape.rank == 3 && shape[0] == labels.shape[0])
    let channels = shape[3]
    precondition(
      labels.labels.allSatisfy { $0 == ignoreLabel || Int($0) < channels },
      "a label outside 0 ..< \(channels) that is not the ignore label \(ignoreLabel)")
    let counted = labels.labels.count { $0 != ignoreLabel }
    let scale = 1 / Float(max(1, counted))
    return upsampledLoss(labels, normalizer: Double(max(1, counted))) { scores, targets, count, gradient in
      ek_cross_entropy(scores, targets, count, channels, ignoreLabel, scale, gradient)
    }
  }

  /// Mean weighted binary cross-entropy of logits against targets 0 and 1, over the pixels that are not ignored.
  ///
  /// *Shape*: self `[N, h, w, 1]`, targets `[N, H, W]`. *Range*: 0, 1; anything else is ignored.
  package func binaryCrossEntropy(
    _ targets: LabelTensor, negativeWeight: Float = 1, positiveWeight: Float = 1
  ) -> Variable {
    precondition(shape.rank == 4 && shape[3] == 1 && shape[0] == targets.shape[0])
    let counted = targets.labels.count { $0 <= 1 }
    let scale = 1 / Float(max(1, counted))
    let weights = [negativeWeight, positiveWeight]
    return upsampledLoss(targets, normalizer: Double(max(1, counted))) { scores, targets, count, gradient in
      ek_binary_cross_entropy(scores, targets, count, weights, scale, gradient)
    }
  }

  private typealias RowLoss = (
    _ scores: UnsafePointer<Float>, _ targets: UnsafePointer<UInt8>, _ count: Int,
    _ gradient: UnsafeMutablePointer<Float>?
  ) -> Double

  /// Σ rowLoss / normalizer over output rows that are interpolated one at a time; the gradient is scattered back the
  /// same way while the row is at hand, and kept until the backward pass scales it.
  private func upsampledLoss(_ labels: LabelTensor, normalizer: Double, rowLoss: RowLoss) -> Variable {
    let task = UpsampledLoss(scores: value, labels: labels, wantsGradient: requiresGradient)
    let (total, gradient) = task.run(rowLoss: rowLoss)
    return Variable(Tensor(scalar: Float(total / normalizer)), inputs: [self]) { upstream in
      [gradient.map { upstream.scalar == 1 ? $0 : $0.scaled(by: upstream.scalar) }]
    }
  }
}

/// A per-pixel loss at the labels' size over scores at another size.
private struct UpsampledLoss {
  let scores: Tensor
  let labels: LabelTensor
  let wantsGradient: Bool

  /// Output rows that one parallel strip covers; fixed, so that sums do not depend on the machine.
  private static let stripsPerImage = 8

  func run(
    rowLoss: (UnsafePointer<Float>, UnsafePointer<UInt8>, Int, UnsafeMutablePointer<Float>?) -> Double
  ) -> (total: Double, gradient: Tensor?) {
    let (n, h, w, c) = (scores.shape[0], scores.shape[1], scores.shape[2], scores.shape[3])
    let (height, width) = (labels.shape[1], labels.shape[2])
    let vertical = ResizeAxis(input: h, output: height, alignment: .corners)
    let horizontal = ResizeAxis(input: w, output: width, alignment: .corners)
    let strips = min(Self.stripsPerImage, height)
    var totals = [Double](repeating: 0, count: n * strips)
    var parts = [Tensor?](repeating: nil, count: n * strips)
    totals.withUnsafeMutableBufferPointer { totals in
      parts.withUnsafeMutableBufferPointer { parts in
        let sink = UncheckedBox((totals: totals, parts: parts))
        Parallel.forEachRange(count: n * strips, grain: 1, maximumRanges: n * strips) { range in
          for index in range {
            let (image, strip) = (index / strips, index % strips)
            let rows = height * strip / strips..<height * (strip + 1) / strips
            let lowest = Int(vertical.taps[rows.lowerBound].low)
            let highest = Int(vertical.taps[rows.upperBound - 1].high)
            let part = wantsGradient ? Tensor(zeros: [highest - lowest + 1, w, c]) : nil
            let row = Tensor(uninitialized: [width, c])
            let rowGradient = Tensor(uninitialized: [wantsGradient ? width : 0, c])
            let scratch = Tensor(uninitialized: [w, c])
            // Their last uses hand out pointers: without this the pool could lend them to another strip too early.
            defer { withExtendedLifetime((row, rowGradient, scratch)) {} }
            for y in rows {
              let tap = vertical.taps[y]
              ek_resize_row(
                scores.pointer + image * h * w * c, Int32(w), Int32(c), tap, horizontal.taps, Int32(width),
                row.mutablePointer)
              labels.labels.withUnsafeBufferPointer { targets in
                guard let base = targets.baseAddress else { return }
                sink.value.totals[index] += rowLoss(
                  row.pointer, base + (image * height + y) * width, width,
                  part == nil ? nil : rowGradient.mutablePointer)
              }
              guard let part else { continue }
              ek_resize_row_backward(
                rowGradient.pointer, Int32(w), Int32(c), tap.fraction, horizontal.taps, Int32(width),
                part.mutablePointer + (Int(tap.low) - lowest) * w * c,
                part.mutablePointer + (Int(tap.high) - lowest) * w * c, scratch.mutablePointer)
            }
            sink.value.parts[index] = part
          }
        }
      }
    }
    let total = totals.reduce(0, +)
    guard wantsGradient else { return (total, nil) }
    let gradient = Tensor(zeros: scores.shape)
    for index in 0..<n * strips {
      guard let part = parts[index] else { continue }
      defer { withExtendedLifetime(part) {} }
      let rows = height * (index % strips) / strips
      let offset = (index / strips * h + Int(vertical.taps[rows].low)) * w * c
      ek_accumulate(gradient.mutablePointer + offset, part.pointer, 1, part.count)
    }
    return (total, gradient)
  }
}
