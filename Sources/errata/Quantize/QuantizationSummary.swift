import ErrorLocalization
import Foundation
import NeuralNetwork

/// What `errata quantize` says at its end.
struct QuantizationSummary: Encodable {
  struct Layer: Encodable {
    let path: String
    let verdict: NetworkQuantizer.Verdict
    let relativeError: Double?
    let multiplications: Int
  }

  let output: String
  let images: Int
  let bytesBefore: Int
  let bytesAfter: Int
  /// Of the images' pixels that have the same label as before.
  let equalLabels: Double
  let meanErrorProbabilityChange: Double
  let layers: [Layer]

  init(
    _ report: ErrorModel.QuantizationReport, output: String, images: Int, bytesBefore: Int, bytesAfter: Int
  ) {
    self.output = output
    self.images = images
    self.bytesBefore = bytesBefore
    self.bytesAfter = bytesAfter
    equalLabels = report.equalLabels
    meanErrorProbabilityChange = report.meanErrorProbabilityChange
    layers = report.layers.map {
      Layer(
        path: $0.path, verdict: $0.verdict, relativeError: $0.relativeError,
        multiplications: $0.multiplications)
    }
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  var text: String {
    let all = layers.reduce(0) { $0 + $1.multiplications }
    var lines = [
      String(
        format: "%@: %.1f MB (before: %.1f MB), %d images", output, Double(bytesAfter) / 1e6,
        Double(bytesBefore) / 1e6, images)
    ]
    for verdict in NetworkQuantizer.Verdict.allCases {
      let those = layers.filter { $0.verdict == verdict }
      guard !those.isEmpty else { continue }
      let share = those.reduce(0) { $0 + $1.multiplications }
      lines.append(
        String(
          format: "  %@: %d of %d convolutions with normalisation, %.0f %% of their multiplications",
          Self.explanation(verdict), those.count, layers.count, 100 * Double(share) / Double(max(1, all))))
    }
    lines.append(
      String(
        format: "  same label as before: %.2f %% of the pixels; error probability changed by %.4f on average",
        100 * equalLabels, meanErrorProbabilityChange))
    return lines.joined(separator: "\n")
  }

  private static func explanation(_ verdict: NetworkQuantizer.Verdict) -> String {
    switch verdict {
    case .quantized: "int8"
    case .signedInput: "fp32, inputs can be negative"
    case .slower: "fp32, faster than int8"
    case .sensitive: "fp32, rounding changes too much"
    case .unused: "fp32, not used"
    }
  }
}
