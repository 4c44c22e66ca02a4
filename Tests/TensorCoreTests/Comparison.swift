import TensorCore
import Testing

/// How far a result may be from its reference, relative to the reference's largest magnitude.
enum Tolerance {
  /// Nothing is computed, only moved; or the result is a handful of exact operations.
  static let exact: Float = 0
  /// One or two roundings of 2⁻²⁴ each.
  static let rounding: Float = 3e-7
  /// Sums of up to some thousand single-precision products in another order than the reference's, which is exact;
  /// the vector exponential's polynomial is good to 2e-7.
  static let accumulated: Float = 1e-5
  /// Central differences in single precision: a step of 2⁻⁶ leaves about 2⁻²² / 2⁻⁶ of rounding noise per unit of the
  /// output and third-order terms of 2⁻¹² of the function's curvature.
  static let finiteDifference: Float = 5e-3
}

/// Expects two tensors to have one shape and values that differ by at most `tolerance` times the largest magnitude
/// of `reference` (of 1 where that is 0).
func expectClose(
  _ actual: Tensor, _ reference: Tensor, _ tolerance: Float, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.shape == reference.shape, "\(what)", sourceLocation: sourceLocation)
  guard actual.shape == reference.shape else { return }
  expectClose(actual.values, reference.values, tolerance, what, sourceLocation: sourceLocation)
}

func expectClose(
  _ actual: [Float], _ reference: [Float], _ tolerance: Float, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == reference.count, "\(what)", sourceLocation: sourceLocation)
  guard actual.count == reference.count else { return }
  let largest = reference.map(\.magnitude).max() ?? 0
  let allowed = tolerance * (largest == 0 ? 1 : largest)
  let differences = zip(actual, reference).map { ($0 - $1).magnitude }
  // Not `<=` of a maximum: a NaN anywhere must fail.
  let worst = differences.indices.first { !(differences[$0] <= allowed) }
  guard let worst else { return }
  Issue.record(
    "\(what) [\(worst)] is \(actual[worst]), expected \(reference[worst]) ± \(allowed)",
    sourceLocation: sourceLocation)
}

/// Holds the gradient that a leaf receives.
final class Leaf {
  let value: Tensor
  private(set) var gradient: Tensor?
  private(set) var receivedCount = 0

  init(_ value: Tensor) { self.value = value }

  var variable: Variable {
    Variable(leaf: value) { [self] addend in
      receivedCount += 1
      if gradient == nil { gradient = addend } else { gradient?.add(addend) }
    }
  }
}

extension Tensor {
  /// Values of about −2…2 that are multiples of 1/64, so that steps of 1/64 are exact.
  static func sample(_ shape: Shape, seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor(
      (0..<shape.elementCount).map { _ in Float(Int.random(in: -128...128, using: &generator)) / 64 },
      shape: shape)
  }
}

/// Compares the backward pass of `function` with central differences of Σ output · upstream, for every input value.
func checkGradients(
  at inputs: [Tensor], tolerance: Float = Tolerance.finiteDifference, step: Float = 0x1p-6,
  sourceLocation: SourceLocation = #_sourceLocation, _ function: ([Variable]) -> Variable
) {
  let leaves = inputs.map(Leaf.init)
  let output = function(leaves.map(\.variable))
  let upstream = Tensor.sample(output.shape, seed: 99)
  output.backward(from: upstream)
  for (index, leaf) in leaves.enumerated() {
    let numeric = (0..<leaf.value.count).map { position -> Float in
      func weighted(_ offset: Float) -> Double {
        var moved = inputs
        moved[index].withUnsafeMutableBufferPointer { $0[position] += offset }
        let values = function(moved.map { Variable($0) }).value.values
        return zip(values, upstream.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      return Float((weighted(step) - weighted(-step)) / Double(2 * step))
    }
    expectClose(
      leaf.gradient?.values ?? [], numeric, tolerance, "gradient of input \(index)",
      sourceLocation: sourceLocation)
  }
}

/// Runs the backward pass from the fixture's upstream gradient and compares every input's gradient.
func expectGradients(
  of output: Variable, from fixture: Fixture.Case, _ tolerance: Float, _ leaves: [(name: String, leaf: Leaf)],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  output.backward(from: fixture.tensor("upstream"))
  for (name, leaf) in leaves {
    #expect(leaf.gradient != nil, "no gradient of \(name)", sourceLocation: sourceLocation)
    guard let gradient = leaf.gradient else { continue }
    expectClose(gradient, fixture.tensor(name), tolerance, name, sourceLocation: sourceLocation)
  }
}
