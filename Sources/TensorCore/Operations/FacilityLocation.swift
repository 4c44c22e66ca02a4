import CVectorKernels

/// How well some rows of a matrix stand for all: Σ_i w_i · max(0, max_{j ∈ S} s_ij), s being products of two rows.
package struct FacilityLocation: Sendable {
  /// *Shape*: `[N, N]`.
  private let similarities: Tensor
  private let weights: [Float]
  /// How alike each row and the one of S that is most like it are; at least 0.
  private var covered: [Float]

  /// With an empty S.
  ///
  /// - Parameters:
  ///   - rows: of length 1, so that their products are cosines. *Shape*: `[N, D]`.
  ///   - weights: at least 0, one a row.
  /// - Complexity: 4 N² bytes of memory.
  package init(rows: Tensor, weights: [Float]) {
    precondition(rows.shape.rank == 2 && weights.count == rows.shape[0])
    similarities = rows.matrixProduct(rows, transposeOther: true)
    self.weights = weights
    covered = [Float](repeating: 0, count: weights.count)
  }

  package func similarity(_ a: Int, _ b: Int) -> Float {
    similarities.withUnsafeBufferPointer { $0[a * weights.count + b] }
  }

  /// How much better all would be stood for, were this row in S too.
  package func gain(of row: Int) -> Double {
    similarities.withUnsafeBufferPointer { values in
      values.baseAddress.map { ek_coverage_gain($0 + row * covered.count, covered, weights, covered.count) }
        ?? 0
    }
  }

  /// The gain of every row, computed on all cores.
  package func gains() -> [Double] {
    var gains = [Double](repeating: 0, count: weights.count)
    gains.withUnsafeMutableBufferPointer { gains in
      guard let base = gains.baseAddress else { return }
      let target = UncheckedBox(base)
      Parallel.forEachRowRange(rows: weights.count, channels: weights.count) { range in
        for row in range { target.value[row] = gain(of: row) }
      }
    }
    return gains
  }

  /// Takes a row into S.
  package mutating func insert(_ row: Int) {
    similarities.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      ek_cover(&covered, base + row * covered.count, covered.count)
    }
  }
}
