import CVectorKernels
import Glibc

/// Which of the two published forms of the pixel-wise contrastive loss is computed.
///
/// *Source*: Kwon, Kwak, CVPR 2022: the paper's equation, and the authors' program, which differ.
package enum ContrastiveForm: String, Hashable, Sendable, Codable, CaseIterable {
  /// As the authors' program: per class −log(S₊ / (S₊ + S₋)) / n over sums of exp(cos / τ), mean over the classes.
  case classSums = "class-sums"
  /// As the paper's equation: per pixel Σ log(1 + Σ₋ / d₊), mean over the pixels.
  case pixelPairs = "pixel-pairs"
}

extension Variable {
  /// Pulls student features towards the teacher's of the same pseudo-class and away from those of others.
  ///
  /// Gradients flow into the student's features (self) only. The similarities are made panel by panel and never
  /// exist as a whole. Without two different pixels' worth of classes the loss is what the formula gives (0 with
  /// one class in the first form).
  ///
  /// *Shape*: self and teacher `[M, D]`, one row a pixel; classes `[M]`. *Range*: rows need not be normalised.
  ///
  /// - Complexity: O(M² · D) time, O(panel · M + M · D · classes) memory.
  package func pixelContrast(
    teacher: Tensor, classes: [UInt8], temperature: Float, form: ContrastiveForm
  ) -> Variable {
    precondition(shape.rank == 2 && teacher.shape == shape && classes.count == shape[0])
    precondition(temperature > 0)
    guard !classes.isEmpty else { return Variable(Tensor(scalar: 0)) }
    let task = PixelContrast(
      student: value, teacher: teacher, classes: classes, temperature: temperature,
      wantsGradient: requiresGradient)
    let (loss, gradient) = form == .classSums ? task.classSums() : task.pixelPairs()
    return Variable(Tensor(scalar: loss), inputs: [self]) { upstream in
      [gradient.map { $0.scaled(by: upstream.scalar) }]
    }
  }
}

/// One crop's worth of pixels, sorted by class so that every class is a contiguous block of rows.
private struct PixelContrast {
  private let student: NormalizedRows
  private let teacher: NormalizedRows
  private let blocks: [Range<Int>]
  private let order: [Int]
  private let temperature: Float
  private let wantsGradient: Bool
  private let depth: Int

  /// Anchors of the paper's form whose similarities are made at once: a panel stays in the second-level cache for common
  /// sizes.
  private static let panelWidth = 128
  /// Students and anchors of the authors' form whose similarities are made at once, at most. With all that is computed
  /// from them they stay in a core's cache; multiples of what the products take at once.
  private static let studentsAtOnce = 126
  private static let anchorsAtOnce = 256

  init(student: Tensor, teacher: Tensor, classes: [UInt8], temperature: Float, wantsGradient: Bool) {
    let kinds = Int(UInt8.max) + 1
    var starts = [Int](repeating: 0, count: kinds + 1)
    for kind in classes { starts[Int(kind) + 1] += 1 }
    for kind in 0..<kinds { starts[kind + 1] += starts[kind] }
    blocks = (0..<kinds).map { starts[$0]..<starts[$0 + 1] }.filter { !$0.isEmpty }
    var order = [Int](repeating: 0, count: classes.count)
    for (index, kind) in classes.enumerated() {
      order[starts[Int(kind)]] = index
      starts[Int(kind)] += 1
    }
    self.order = order
    self.student = NormalizedRows(student, order: order)
    self.teacher = NormalizedRows(teacher, order: order)
    self.temperature = temperature
    self.wantsGradient = wantsGradient
    depth = student.shape[1]
  }

  /// The authors' form. For each student j of a panel, U_c = Σ_{i ∈ c} E_ij t_i is kept for every anchor class c; the
  /// gradient is a combination of these whose factors are known once all sums are.
  func classSums() -> (loss: Float, gradient: Tensor?) {
    let count = order.count
    let classCount = blocks.count
    let weighted = wantsGradient ? (0..<classCount).map { _ in Tensor(uninitialized: [count, depth]) } : []
    defer { withExtendedLifetime(weighted) {} }
    let panels = self.panels
    let sums = anchorSums(panels, weighted: weighted)
    var positive = [Double](repeating: 0, count: classCount)
    var negative = positive
    for (index, panel) in panels.enumerated() {
      for anchor in 0..<classCount {
        let sum = sums[index * classCount + anchor]
        if anchor == panel.own { positive[anchor] += sum } else { negative[anchor] += sum }
      }
    }
    var loss = 0.0
    let factors = blocks.enumerated().map { index, block -> (same: Float, other: Float) in
      let (p, total) = (positive[index], positive[index] + negative[index])
      let share = 1 / Double(block.count) / Double(classCount)
      loss += share * (log(total) - log(p))
      return (Float(share * (1 / total - 1 / p)), Float(share / total))
    }
    guard wantsGradient else { return (Float(loss), nil) }
    let gradient = Tensor(uninitialized: [count, depth])
    Parallel.forEachRange(count: panels.count, grain: 1, maximumRanges: panels.count) { range in
      for panel in panels[range] {
        let (offset, size) = (panel.rows.lowerBound * depth, panel.rows.count * depth)
        for (anchor, sums) in weighted.enumerated() {
          let factor = (anchor == panel.own ? factors[anchor].same : factors[anchor].other) / temperature
          if anchor == 0 {
            ek_scale(sums.pointer + offset, factor, gradient.mutablePointer + offset, size)
          } else {
            ek_accumulate(gradient.mutablePointer + offset, sums.pointer + offset, factor, size)
          }
        }
      }
    }
    return (Float(loss), student.backward(gradient, order: order))
  }

  /// Students of one class whose similarities with all anchors are made by one core.
  private struct Panel {
    /// The class's position among the blocks.
    let own: Int
    let rows: Range<Int>
  }

  private var panels: [Panel] {
    blocks.enumerated().flatMap { own, block in
      let parts = (block.count + Self.studentsAtOnce - 1) / Self.studentsAtOnce
      return (0..<parts).map { part in
        let start = block.lowerBound + block.count * part / parts
        return Panel(own: own, rows: start..<block.lowerBound + block.count * (part + 1) / parts)
      }
    }
  }

  /// Σ E over the rows of every anchor class, panel by panel; fills `weighted` with U_c, unless it is empty.
  private func anchorSums(_ panels: [Panel], weighted: [Tensor]) -> [Double] {
    let anchors = PackedAnchors(teacher.values, blocks: blocks)
    var sums = [Double](repeating: 0, count: panels.count * blocks.count)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let base = sums.baseAddress else { return }
      let shared = UncheckedBox(base)
      Parallel.forEachRange(count: panels.count, grain: 1, maximumRanges: panels.count) { range in
        let values = Tensor(uninitialized: [Self.studentsAtOnce, Self.anchorsAtOnce])
        defer { withExtendedLifetime(values) {} }
        for index in range {
          for anchor in blocks.indices {
            shared.value[index * blocks.count + anchor] = anchorSum(
              panels[index].rows, anchor, anchors, values: values,
              weighted: wantsGradient ? weighted[anchor] : nil)
          }
        }
      }
    }
    return sums
  }

  /// Σ E of some students and one anchor class; fills the students' rows of `weighted` with U.
  ///
  /// - Parameter values: room for the similarities, `[studentsAtOnce, anchorsAtOnce]`.
  private func anchorSum(
    _ rows: Range<Int>, _ anchor: Int, _ anchors: PackedAnchors, values: Tensor, weighted: Tensor?
  ) -> Double {
    let (block, width) = (blocks[anchor], Self.anchorsAtOnce)
    var sum = 0.0
    for start in stride(from: block.lowerBound, to: block.upperBound, by: width) {
      let count = min(width, block.upperBound - start)
      ek_packed_product(
        student.values.pointer + rows.lowerBound * depth, depth, rows.count, depth,
        anchors.rows(from: start, ofBlock: anchor), depth * PackedAnchors.panelWidth, count,
        values.mutablePointer, width, 0)
      sum += ek_exp_scaled_sum(values.mutablePointer, width, rows.count, count, 1 / temperature)
      guard let weighted else { continue }
      ek_packed_product(
        values.pointer, width, rows.count, count, anchors.columns(fromRow: start),
        order.count * PackedAnchors.panelWidth, depth, weighted.mutablePointer + rows.lowerBound * depth,
        depth,
        start > block.lowerBound ? 1 : 0)
    }
    return sum
  }

  /// The paper's form, with student pixels as anchors.
  func pixelPairs() -> (loss: Float, gradient: Tensor?) {
    let count = order.count
    let gradient = wantsGradient ? Tensor(zeros: [count, depth]) : nil
    let panel = Tensor(uninitialized: [Self.panelWidth, count])
    defer { withExtendedLifetime(panel) {} }
    var loss = 0.0
    for block in blocks {
      for start in stride(from: block.lowerBound, to: block.upperBound, by: Self.panelWidth) {
        let width = min(Self.panelWidth, block.upperBound - start)
        similarities(anchors: student.values, from: start, width: width, others: teacher.values, into: panel)
        for row in 0..<width {
          loss += pairLoss(panel.mutablePointer + row * count, block: block, count: count)
        }
        guard let gradient else { continue }
        BLAS.multiply(
          panel.pointer, teacher.values.pointer, into: gradient.mutablePointer + start * depth, m: width,
          n: depth,
          k: count)
      }
    }
    let scale = 1 / Float(count)
    return (
      Float(loss / Double(count)),
      gradient.map { student.backward($0.scaled(by: scale / temperature), order: order) }
    )
  }

  /// Loss of one anchor; turns its similarities into their gradients, d · ∂loss/∂d, in place.
  private func pairLoss(_ row: UnsafeMutablePointer<Float>, block: Range<Int>, count: Int) -> Double {
    let negatives = ek_sum(row, block.lowerBound) + ek_sum(row + block.upperBound, count - block.upperBound)
    let n = Float(negatives)
    var loss = 0.0
    var slope = 0.0
    for j in block {
      let d = row[j]
      loss += Double(log1p(n / d))
      slope += Double(1 / (d + n))
      row[j] = -n / (d + n)
    }
    let factor = Float(slope)
    for j in 0..<block.lowerBound { row[j] *= factor }
    for j in block.upperBound..<count { row[j] *= factor }
    return loss
  }

  /// panel[j, i] = exp(anchors_{start + j} · othersᵢ / τ), `[width, M]`.
  private func similarities(anchors: Tensor, from start: Int, width: Int, others: Tensor, into panel: Tensor)
  {
    let count = order.count
    BLAS.multiply(
      anchors.pointer + start * depth, others.pointer, transposeSecond: true, into: panel.mutablePointer,
      m: width,
      n: count, k: depth)
    exponentiate(panel, count: count * width)
  }

  private func exponentiate(_ panel: Tensor, count: Int) {
    let factor = 1 / temperature
    Parallel.forEachRowRange(rows: count, channels: 1) { range in
      ek_exp_scaled(panel.mutablePointer + range.lowerBound, factor, range.count)
    }
  }
}

/// Feature rows of length 1, in class order, and what the way back needs.
private struct NormalizedRows {
  let values: Tensor
  private let inverseNorms: Tensor

  /// Norms are clamped as in the authors' program.
  private static let smallestNorm: Float = 1e-8

  init(_ features: Tensor, order: [Int]) {
    let depth = features.shape[1]
    let (values, inverseNorms) = (
      Tensor(uninitialized: features.shape), Tensor(uninitialized: [order.count])
    )
    Parallel.forEachRowRange(rows: order.count, channels: depth) { range in
      for position in range {
        let row = features.pointer + order[position] * depth
        let inverse = 1 / max(Self.smallestNorm, Float(ek_dot(row, row, depth).squareRoot()))
        ek_scale(row, inverse, values.mutablePointer + position * depth, depth)
        inverseNorms.mutablePointer[position] = inverse
      }
    }
    (self.values, self.inverseNorms) = (values, inverseNorms)
  }

  /// From the gradient of the normalised, sorted rows to that of the rows as they came.
  func backward(_ gradient: Tensor, order: [Int]) -> Tensor {
    let depth = values.shape[1]
    let out = Tensor(uninitialized: values.shape)
    Parallel.forEachRowRange(rows: order.count, channels: depth) { range in
      for position in range {
        let unit = values.pointer + position * depth
        let g = gradient.pointer + position * depth
        let target = out.mutablePointer + order[position] * depth
        let (radial, inverse) = (Float(ek_dot(unit, g, depth)), inverseNorms.pointer[position])
        ek_scale(g, inverse, target, depth)
        ek_accumulate(target, unit, -radial * inverse, depth)
      }
    }
    return out
  }
}
