import COpenBLAS

extension Tensor {
  /// self · other, or with one side transposed, through OpenBLAS.
  ///
  /// *Shape*: `[M, K]` · `[K, N]` → `[M, N]` (before transposition `[K, M]`, `[N, K]`).
  package func matrixProduct(
    _ other: Tensor, transposeSelf: Bool = false, transposeOther: Bool = false
  ) -> Tensor {
    precondition(shape.rank == 2 && other.shape.rank == 2)
    let (m, k) = transposeSelf ? (shape[1], shape[0]) : (shape[0], shape[1])
    let (k2, n) = transposeOther ? (other.shape[1], other.shape[0]) : (other.shape[0], other.shape[1])
    precondition(k == k2, "matrix product of \(shape) and \(other.shape)")
    let out = Tensor(uninitialized: [m, n])
    BLAS.multiply(
      pointer, other.pointer, transposeFirst: transposeSelf, transposeSecond: transposeOther,
      into: out.mutablePointer,
      m: m, n: n, k: k)
    return out
  }
}

extension Variable {
  /// Matrix product. *Shape*: `[M, K]` · `[K, N]` → `[M, N]`.
  package func matrixProduct(_ other: Variable) -> Variable {
    let (a, b) = (value, other.value)
    return Variable(a.matrixProduct(b), inputs: [self, other]) { gradient in
      [gradient.matrixProduct(b, transposeOther: true), a.matrixProduct(gradient, transposeSelf: true)]
    }
  }
}

enum BLAS {
  /// out = a · b (+ out, if accumulating); row-major, `a` is m × k and `b` k × n after transposition.
  ///
  /// Large products are split over the cores by rows of the result, always alike. OpenBLAS's own threads stay out of
  /// it: they go on spinning after a product, which costs the loop that follows one of its cores.
  static func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, transposeFirst transposeA: Bool = false,
    transposeSecond transposeB: Bool = false, into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int,
    accumulating: Bool = false
  ) {
    guard m > 0 && n > 0 else { return }
    usesOneThread
    let operands = UncheckedBox((a, b, out))
    let grain = max(smallestRowCount, smallestProduct / max(1, n * k))
    Parallel.forEachRange(count: m, grain: grain, maximumRanges: 8) { rows in
      let (a, b, out) = operands.value
      multiplyRows(
        rows, a, b, transposeFirst: transposeA, transposeSecond: transposeB, into: out, m: m, n: n, k: k,
        accumulating: accumulating)
    }
  }

  /// As `multiply`, for loops that are parallel themselves.
  static func multiplyOnThisThread(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, transposeFirst transposeA: Bool = false,
    transposeSecond transposeB: Bool = false, into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int,
    accumulating: Bool = false
  ) {
    guard m > 0 && n > 0 else { return }
    usesOneThread
    multiplyRows(
      0..<m, a, b, transposeFirst: transposeA, transposeSecond: transposeB, into: out, m: m, n: n, k: k,
      accumulating: accumulating)
  }

  private static func multiplyRows(
    _ rows: Range<Int>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, transposeFirst: Bool,
    transposeSecond: Bool, into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, accumulating: Bool
  ) {
    cblas_sgemm(
      CblasRowMajor, transposeFirst ? CblasTrans : CblasNoTrans, transposeSecond ? CblasTrans : CblasNoTrans,
      Int32(rows.count), Int32(n), Int32(k), 1, a + rows.lowerBound * (transposeFirst ? 1 : k),
      Int32(max(1, transposeFirst ? m : k)), b, Int32(max(1, transposeSecond ? k : n)), accumulating ? 1 : 0,
      out + rows.lowerBound * n, Int32(max(1, n)))
  }

  /// Rows of a product below which splitting costs more than it gains.
  private static let smallestRowCount = 16
  /// Multiplications of a part. *Units*: multiply-adds.
  private static let smallestProduct = 1 << 21

  /// Evaluated once, before the first product.
  private static let usesOneThread: Void = openblas_set_num_threads(1)
}
