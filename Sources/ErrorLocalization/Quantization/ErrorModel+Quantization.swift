import Datasets
import Foundation
import Imaging
import NeuralNetwork
import TensorCore

extension ErrorModel {
  /// How to quantise.
  package struct QuantizationOptions: Hashable, Sendable {
    /// Of the processor that the model will run on.
    package var arithmetic: ByteArithmetic
    /// A convolution whose outputs change by more stays as it is. Relative, root mean square.
    package var largestRelativeError: Double

    package init(arithmetic: ByteArithmetic = .current, largestRelativeError: Double = 0.1) {
      self.arithmetic = arithmetic
      self.largestRelativeError = largestRelativeError
    }
  }

  /// What quantising did to a model.
  package struct QuantizationReport: Sendable {
    package let layers: [NetworkQuantizer.Layer]
    /// Of the images' pixels with the same label as before. *Range*: 0…1.
    package let equalLabels: Double
    /// The mean absolute change of the default error probability over all pixels. *Range*: 0…1.
    package let meanErrorProbabilityChange: Double
  }

  package enum QuantizationProblem: Error, CustomStringConvertible {
    case alreadyQuantized
    case notFinite

    package var description: String {
      switch self {
      case .alreadyQuantized: "the model is quantised already; take the one that it was made of"
      case .notFinite: "the networks' values are not finite"
      }
    }
  }

  /// Whether the model computes with bytes.
  package var precision: Precision { states.contains { $0.state.isQuantized } ? .int8 : .fp32 }

  /// Post-training quantisation: replaces the convolutions that gain by it. Deterministic.
  ///
  /// - Parameters:
  ///   - count: of the images.
  ///   - image: the images whose activations decide the ranges, by index; each is asked for three times.
  /// - Throws: `QuantizationProblem`, and what `image` throws.
  package func quantize(
    _ options: QuantizationOptions, count: Int, image: (Int) throws -> RGBImage
  ) throws -> QuantizationReport {
    guard precision == .fp32 else { throw QuantizationProblem.alreadyQuantized }
    // oneDNN's fused ReLU turns NaN into 0: the activations alone would not tell.
    guard states.allSatisfy({ $0.state.all.allSatisfy { $0.parameter.value.nonFiniteCount == 0 } }) else {
      throw QuantizationProblem.notFinite
    }
    let convolutions = states.flatMap { prefix, state in
      state.convolutions.map { (prefix + $0.path, $0.convolution) }
    }
    let quantizer = NetworkQuantizer(
      convolutions, arithmetic: options.arithmetic, largestRelativeError: options.largestRelativeError)
    let everything = ErrorEstimator.combined.parts
    try quantizer.observeInputs { context in
      for index in 0..<count {
        _ = run(networkInput(try image(index)), judged: nil, everything, context)
      }
    }
    guard quantizer.sawFiniteValues else { throw QuantizationProblem.notFinite }
    var change = Change()
    let prediction = PredictionOptions(estimator: defaultEstimator)
    try quantizer.compareOutputs { context in
      for index in 0..<count {
        let image = try image(index)
        _ = run(networkInput(image), judged: nil, everything, context)
        change.note(predict(image, options: prediction))
      }
    }
    quantizer.apply()
    for index in 0..<count { change.compare(predict(try image(index), options: prediction), index) }
    return QuantizationReport(
      layers: quantizer.layers, equalLabels: change.equalLabels,
      meanErrorProbabilityChange: change.meanErrorProbabilityChange)
  }

  private struct Change {
    private var before: [(labels: [UInt8], errorProbability: Tensor)] = []
    private var pixels = 0
    private var equal = 0
    private var sum = 0.0

    mutating func note(_ prediction: Prediction) {
      before.append((prediction.statistics.labels.labels, prediction.errorProbability))
    }

    mutating func compare(_ after: Prediction, _ index: Int) {
      let (labels, errorProbability) = before[index]
      pixels += labels.count
      equal += zip(labels, after.statistics.labels.labels).count { $0 == $1 }
      sum += zip(errorProbability.values, after.errorProbability.values).reduce(0.0) {
        $0 + Double(abs($1.0 - $1.1))
      }
    }

    var equalLabels: Double { Double(equal) / Double(max(1, pixels)) }
    var meanErrorProbabilityChange: Double { sum / Double(max(1, pixels)) }
  }
}
