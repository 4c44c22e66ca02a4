import ArgumentParser
import ErrorLocalization

/// What a model has to compute with.
struct PrecisionOption: ParsableArguments {
  @Option(
    help: """
      What the model must compute with: fp32, or int8 (a model of errata quantize). Default: whatever it does.
      """)
  var precision: Precision?

  /// - Throws: `ValidationError` if the model computes with something else.
  func check(_ model: ErrorModel, path: String) throws {
    switch (precision, model.precision) {
    case (.int8, .fp32):
      throw ValidationError(
        "--precision int8: \(path) is not quantised; make an int8 model of it with `errata quantize`.")
    case (.fp32, .int8):
      throw ValidationError(
        "--precision fp32: \(path) is quantised and holds no 32-bit weights; take the model that it was made of."
      )
    default: break
    }
  }
}

extension Precision: ExpressibleByArgument {}
