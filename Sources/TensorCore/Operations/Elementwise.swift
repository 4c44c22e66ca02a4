import CVectorKernels

extension Tensor {
  /// Adds `addend`, of the same shape, in place.
  package mutating func add(_ addend: Tensor, factor: Float = 1) {
    precondition(shape == addend.shape, "adding \(addend.shape) to \(shape)")
    withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      Tensor.accumulate(addend, factor: factor, into: UncheckedBox(base))
    }
  }

  private static func accumulate(
    _ x: Tensor, factor: Float, into sum: UncheckedBox<UnsafeMutablePointer<Float>>
  ) {
    Parallel.forEachRowRange(rows: x.count, channels: 1) { range in
      ek_accumulate(sum.value + range.lowerBound, x.pointer + range.lowerBound, factor, range.count)
    }
  }

  /// `self ← decay · self + (1 − decay) · x`, the exponential moving average.
  package mutating func moveAverage(toward x: Tensor, decay: Float) {
    precondition(shape == x.shape, "averaging \(x.shape) into \(shape)")
    withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      ek_moving_average(base, x.pointer, decay, x.count)
    }
  }

  package func scaled(by factor: Float) -> Tensor {
    let out = Tensor(uninitialized: shape)
    Parallel.forEachRowRange(rows: count, channels: 1) { range in
      ek_scale(pointer + range.lowerBound, factor, out.mutablePointer + range.lowerBound, range.count)
    }
    return out
  }

  /// How many values are NaN or infinite.
  package var nonFiniteCount: Int { Int(ek_count_non_finite(pointer, count)) }

  package var sum: Double { ek_sum(pointer, count) }
}

extension Variable {
  /// Element-wise sum of two values of one shape.
  package func adding(_ other: Variable) -> Variable {
    precondition(shape == other.shape, "adding \(other.shape) to \(shape)")
    let out = Tensor(uninitialized: shape)
    let (a, b) = (value, other.value)
    Parallel.forEachRowRange(rows: out.count, channels: 1) { range in
      let offset = range.lowerBound
      ek_add(a.pointer + offset, b.pointer + offset, out.mutablePointer + offset, range.count)
    }
    return Variable(out, inputs: [self, other]) { gradient in [gradient, gradient] }
  }

  package func scaled(by factor: Float) -> Variable {
    Variable(value.scaled(by: factor), inputs: [self]) { gradient in [gradient.scaled(by: factor)] }
  }

  /// max(x, 0).
  package func relu() -> Variable {
    let x = value
    let out = Tensor(uninitialized: shape)
    Parallel.forEachRowRange(rows: out.count, channels: 1) { range in
      ek_relu(x.pointer + range.lowerBound, out.mutablePointer + range.lowerBound, range.count)
    }
    return Variable(out, inputs: [self]) { gradient in [Variable.reluBackward(out, gradient)] }
  }

  private static func reluBackward(_ y: Tensor, _ gradient: Tensor) -> Tensor {
    let out = Tensor(uninitialized: y.shape)
    Parallel.forEachRowRange(rows: out.count, channels: 1) { range in
      let offset = range.lowerBound
      ek_relu_backward(
        y.pointer + offset, gradient.pointer + offset, out.mutablePointer + offset, range.count)
    }
    return out
  }

  /// 1 / (1 + e⁻ˣ), without a path back: losses take logits.
  package func sigmoid() -> Tensor {
    let x = value
    let out = Tensor(uninitialized: shape)
    Parallel.forEachRowRange(rows: out.count, channels: 1) { range in
      ek_sigmoid(x.pointer + range.lowerBound, out.mutablePointer + range.lowerBound, range.count)
    }
    return out
  }

  /// Sets each value to zero with `probability` and scales the others by 1 / (1 − probability).
  ///
  /// The mask is a hash of the element's index and one number drawn from `generator`; nothing is stored for the
  /// backward pass but that number.
  package func dropout(probability: Float, using generator: inout SeededGenerator) -> Variable {
    precondition((0..<1).contains(probability), "dropout probability \(probability), expected 0 ..< 1")
    guard probability > 0 else { return self }
    let key = generator.next()
    let out = Variable.dropout(value, probability: probability, key: key)
    return Variable(out, inputs: [self]) { gradient in
      [Variable.dropout(gradient, probability: probability, key: key)]
    }
  }

  private static func dropout(_ x: Tensor, probability: Float, key: UInt64) -> Tensor {
    let threshold = UInt32((Double(probability) * 0x1p32).rounded(.down))
    let out = Tensor(uninitialized: x.shape)
    Parallel.forEachRowRange(rows: out.count, channels: 1) { range in
      let offset = range.lowerBound
      ek_dropout(
        x.pointer + offset, out.mutablePointer + offset, range.count, UInt64(offset), key, threshold,
        1 / (1 - probability))
    }
    return out
  }
}
