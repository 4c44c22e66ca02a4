import TensorCore
import Testing

@Suite struct MathRuntimeTests {
  private static let wide: Set<String> = ["avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl"]

  /// Convolutions in every way, and sums: on one thread as on all of them.
  @Test func oneThreadComputesTheSame() {
    func compute() -> [Float] {
      let x = Tensor.sample([1, 96, 96, 32], seed: 1)
      let weights = Tensor.sample([32, 32, 3, 3], seed: 2)
      let geometries = [
        ConvolutionGeometry(padding: 1), .init(stride: 2, padding: 1), .init(padding: 36, dilation: 36),
      ]
      let convolved = geometries.map {
        x.fusedConvolution(weights: weights, bias: nil, geometry: $0, relu: true)
      }
      return convolved.flatMap { $0.values + $0.globalMeans() }
    }
    let threads = MathRuntime.threadCount
    let all = compute()
    #expect(MathRuntime.onThreads(1) { (MathRuntime.threadCount, compute()) } == (1, all))
    #expect(MathRuntime.threadCount == threads)
  }

  @Test func anUnknownProcessorIsMended() {
    let missing = MathRuntime.missingVariables(environment: [:], openBLASCore: "Prescott", flags: Self.wide)
    #expect(
      missing == [
        "OPENBLAS_CORETYPE": "SkylakeX", "OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": "1",
      ])
    let narrow = MathRuntime.missingVariables(environment: [:], openBLASCore: "Prescott", flags: ["avx2"])
    #expect(narrow["OPENBLAS_CORETYPE"] == "Haswell")
  }

  @Test func goodChoicesAndOldProcessorsAreLeftAlone() {
    #expect(
      MathRuntime.missingVariables(environment: [:], openBLASCore: "Zen", flags: ["avx2"])[
        "OPENBLAS_CORETYPE"] == nil)
    #expect(
      MathRuntime.missingVariables(environment: [:], openBLASCore: "Prescott", flags: ["sse2"])[
        "OPENBLAS_CORETYPE"]
        == nil)
  }

  @Test func theUsersValuesWin() {
    let set = ["OPENBLAS_CORETYPE": "Nehalem", "OMP_WAIT_POLICY": "active", "OPENBLAS_NUM_THREADS": "2"]
    #expect(MathRuntime.missingVariables(environment: set, openBLASCore: "Nehalem", flags: Self.wide).isEmpty)
  }

  @Test func theCoreInUseIsKnown() {
    #expect(!MathRuntime.openBLASCore.isEmpty)
    print("OpenBLAS core in use: \(MathRuntime.openBLASCore), oneDNN \(MathRuntime.oneDNNVersion)")
  }
}
