import COneDNN

/// How a processor sums up products of bytes, which decides where a quantised convolution is worth it.
package enum ByteArithmetic: String, Hashable, Sendable, Codable, CaseIterable {
  /// One instruction multiplies and adds.
  case vnni
  /// Two instructions on the multipliers and an addition.
  case avx2

  /// This processor's, as oneDNN sees it.
  package static var current: ByteArithmetic {
    // Numbers of dnnl_cpu_isa_t: bits 0x40 (AVX-512) and 0x400 (AVX2) stand for VNNI.
    errata_onednn_instruction_set() & 0x440 != 0 ? .vnni : .avx2
  }

  /// Of a product and its addition, in 32-bit multiply-adds at the peak rate: measured on Zen 3, and over seven layers
  /// on a Xeon with VNNI.
  var productCost: Double {
    switch self {
    case .vnni: 0.25
    case .avx2: 0.45
    }
  }

  /// Of reading an input value and writing it as a byte, in the same unit.
  static let roundingCost = 20.0
}
