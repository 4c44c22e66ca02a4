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
  static func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, transposeFirst transposeA: Bool = false,
    transposeSecond transposeB: Bool = false, into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int,
    accumulating: Bool = false
  ) {
    guard m > 0 && n > 0 else { return }
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, Int32(m),
      Int32(n), Int32(k), 1, a, Int32(max(1, transposeA ? m : k)), b, Int32(max(1, transposeB ? k : n)),
      accumulating ? 1 : 0, out, Int32(n))
  }
}
