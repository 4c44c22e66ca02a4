import TensorCore
import Testing

@Suite struct MathRuntimeTests {
  private static let wide: Set<String> = ["avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl"]

  @Test func anUnknownProcessorIsMended() {
    let missing = MathRuntime.missingVariables(environment: [:], openBLASCore: "Prescott", flags: Self.wide)
    #expect(missing == ["OPENBLAS_CORETYPE": "SkylakeX", "OMP_WAIT_POLICY": "passive"])
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
    let set = ["OPENBLAS_CORETYPE": "Nehalem", "OMP_WAIT_POLICY": "active"]
    #expect(MathRuntime.missingVariables(environment: set, openBLASCore: "Nehalem", flags: Self.wide).isEmpty)
  }

  @Test func theCoreInUseIsKnown() {
    #expect(!MathRuntime.openBLASCore.isEmpty)
    print("OpenBLAS core in use: \(MathRuntime.openBLASCore), oneDNN \(MathRuntime.oneDNNVersion)")
  }
}
