/// What a model's convolutions compute with.
package enum Precision: String, Hashable, Sendable, Codable, CaseIterable {
  /// 32-bit floats.
  case fp32
  /// Bytes, where `errata quantize` found them faster and close enough.
  case int8
}
