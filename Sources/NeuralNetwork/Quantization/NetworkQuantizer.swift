import TensorCore

/// Chooses the convolutions of trained networks that compute with bytes, and makes their bytes.
///
/// Only normalised convolutions are candidates: what makes scores, features and the image's mean has no normalisation
/// behind it and stays as it is. A candidate stays in 32-bit floats if its inputs can be negative (they do not come
/// from a ReLU), if bytes are not faster for its sizes, or if rounding changes its outputs too much. The mean change of
/// each output channel is taken back in its bias.
///
/// *Source*: of the correction: Nagel et al., arXiv 1906.04721, section 4.2, by measurement.
package final class NetworkQuantizer {
  /// What became of a convolution.
  package enum Verdict: String, Sendable, Codable, CaseIterable {
    case quantized
    /// Its inputs can be negative.
    case signedInput
    /// 32-bit floats take less time.
    case slower
    /// Its outputs change too much.
    case sensitive
    /// It never ran.
    case unused
  }

  package struct Layer: Sendable {
    package let path: String
    package internal(set) var verdict: Verdict
    /// Root of the mean squared difference over the root mean square, before ReLU, with corrected means; `nil` where
    /// not measured.
    package internal(set) var relativeError: Double?
    /// Of the largest image.
    package internal(set) var multiplications = 0
  }

  private struct Candidate {
    let convolution: NormalizedConvolution
    var histogram = ActivationHistogram()
    var largestInput: Shape?
    var quantized: QuantizedConvolution?
    var error = OutputError()
  }

  package private(set) var layers: [Layer]
  private var candidates: [Candidate]
  private let indices: [ObjectIdentifier: Int]
  private let arithmetic: ByteArithmetic
  private let largestRelativeError: Double

  /// - Parameters:
  ///   - arithmetic: of the processor that the networks will run on.
  ///   - largestRelativeError: of a convolution's outputs.
  package init(
    _ convolutions: [(path: String, convolution: NormalizedConvolution)], arithmetic: ByteArithmetic,
    largestRelativeError: Double
  ) {
    layers = convolutions.map { Layer(path: $0.path, verdict: .unused) }
    candidates = convolutions.map { Candidate(convolution: $0.convolution) }
    let identifiers = convolutions.map { ObjectIdentifier($0.convolution) }
    indices = Dictionary(uniqueKeysWithValues: zip(identifiers, convolutions.indices))
    self.arithmetic = arithmetic
    self.largestRelativeError = largestRelativeError
  }

  /// First over all images: which values go into each convolution.
  package func observeInputs(_ run: (ForwardContext) throws -> Void) rethrows {
    try observing(run) { [self] index, input in
      candidates[index].histogram.add(input)
      if input.count > candidates[index].largestInput?.elementCount ?? 0 {
        candidates[index].largestInput = input.shape
      }
    }
    for index in candidates.indices { judge(index) }
  }

  private func judge(_ index: Int) {
    let candidate = candidates[index]
    guard let shape = candidate.largestInput else { return }
    let problem = candidate.convolution.problem(shape)
    layers[index].multiplications =
      problem.outputShape.elementCount * candidate.convolution.convolution.weight.value.count
      / problem.outputShape[3]
    guard !candidate.histogram.hasNegative else {
      layers[index].verdict = .signedInput
      return
    }
    guard problem.isFaster(with: arithmetic), let scale = candidate.histogram.bestScale else {
      layers[index].verdict = .slower
      return
    }
    let (weights, bias) = candidate.convolution.foldedValues
    candidates[index].quantized = QuantizedConvolution(rounding: weights, bias: bias, inputScale: scale)
    layers[index].verdict = .quantized
  }

  /// Then, over the same images or some of them: how far each convolution by itself is from its 32-bit self.
  package func compareOutputs(_ run: (ForwardContext) throws -> Void) rethrows {
    try observing(run) { [self] index, input in
      let candidate = candidates[index]
      guard let quantized = candidate.quantized else { return }
      let exact = candidate.convolution.exact(input)
      let rounded = candidate.convolution.problem(input.shape)
        .forward(input, quantized: quantized, residual: nil, relu: false)
      candidates[index].error.add(exact: exact, rounded: rounded)
    }
    for index in candidates.indices {
      guard let quantized = candidates[index].quantized else { continue }
      let error = candidates[index].error
      layers[index].relativeError = error.relative
      if error.relative <= largestRelativeError {
        candidates[index].quantized = quantized.adding(error.meanByChannel)
      } else {
        layers[index].verdict = .sensitive
        candidates[index].quantized = nil
      }
    }
  }

  /// At last: puts the bytes in place.
  package func apply() {
    for candidate in candidates { candidate.convolution.quantized = candidate.quantized }
  }

  /// Whether all that the convolutions saw was a number.
  package var sawFiniteValues: Bool { candidates.allSatisfy(\.histogram.isFinite) }

  private func observing(
    _ run: (ForwardContext) throws -> Void, _ see: @escaping (_ index: Int, _ input: Tensor) -> Void
  ) rethrows {
    let context = ForwardContext.inference
    let indices = indices
    context.observer = { convolution, input in
      if let index = indices[ObjectIdentifier(convolution)] { see(index, input) }
    }
    try run(context)
  }
}
