import Foundation

/// P(wrong) = σ(b + Σ wᵢ · featureᵢ), where features are logits of scores: joins detectors into one; with a single
/// detector, Platt scaling.
package struct LogisticStack: Sendable, Hashable, Codable {
  package var intercept: Double
  package var weights: [Double]

  /// Scores are kept this far from 0 and 1, where the logit ends. Half a step of the audit's maps: how much closer a
  /// network comes to 0 says little, and pixels whose logits go on and on bend the fit.
  package static let margin: Float = 0.002

  package static func feature(_ score: Float) -> Float {
    // Comparisons leave NaN as it is.
    let p = score < margin ? margin : score > 1 - margin ? 1 - margin : score
    return log(p / (1 - p))
  }

  static func score(ofFeature feature: Float) -> Float { 1 / (1 + exp(-feature)) }

  /// *Range*: 0…1.
  package func probability(_ features: some Sequence<Float>) -> Float {
    var sum = intercept
    for (weight, feature) in zip(weights, features) { sum += weight * Double(feature) }
    return Self.probability(ofSum: sum)
  }

  static func probability(ofSum sum: Double) -> Float { Float(1 / (1 + exp(-sum))) }

  init(intercept: Double, weights: [Double]) {
    self.intercept = intercept
    self.weights = weights
  }

  /// The most likely parameters, by Newton's method with a ridge that only keeps detectors that say the same from
  /// running away from each other.
  ///
  /// - Parameters:
  ///   - features: of each image, one row a pixel, `featureCount` numbers each.
  ///   - isWrong: of each image, whether each pixel's label is wrong.
  package init(features: [[Float]], featureCount: Int, isWrong: [[Bool]], ridge: Double = 1e-3) {
    precondition(featureCount > 0 && features.count == isWrong.count)
    precondition(zip(features, isWrong).allSatisfy { $0.count == $1.count * featureCount })
    let size = featureCount + 1
    var parameters = [Double](repeating: 0, count: size)
    // Start from the prior: a good first step even where errors are rare.
    let wrong = Double(isWrong.reduce(0) { $0 + $1.count { $0 } })
    let count = Double(isWrong.reduce(0) { $0 + $1.count })
    parameters[0] = log((wrong + 0.5) / (count - wrong + 0.5))
    for _ in 0..<40 {
      var derivatives = Derivatives(size: size)
      for (features, isWrong) in zip(features, isWrong) { derivatives.add(parameters, features, isWrong) }
      derivatives.addRidge(ridge, parameters)
      guard let step = LinearSystem.solve(derivatives.hessian, derivatives.gradient, size: size) else {
        break
      }
      // Far from the optimum a full step can overshoot.
      let largest = step.map(abs).max() ?? 0
      let scale = largest > 2 ? 2 / largest : 1
      for index in 0..<size { parameters[index] -= scale * step[index] }
      if largest < 1e-9 { break }
    }
    intercept = parameters[0]
    weights = Array(parameters.dropFirst())
  }

  /// Of the negative log-likelihood.
  private struct Derivatives {
    private let size: Int
    private(set) var gradient: [Double]
    private(set) var hessian: [Double]
    /// A pixel's features behind a 1 for the intercept.
    private var row: [Double]

    init(size: Int) {
      self.size = size
      gradient = [Double](repeating: 0, count: size)
      hessian = [Double](repeating: 0, count: size * size)
      row = [Double](repeating: 1, count: size)
    }

    /// Adds the pixels of one image; of the Hessian, the part below the diagonal.
    mutating func add(_ parameters: [Double], _ features: [Float], _ isWrong: [Bool]) {
      let size = size
      gradient.withUnsafeMutableBufferPointer { gradient in
        hessian.withUnsafeMutableBufferPointer { hessian in
          row.withUnsafeMutableBufferPointer { row in
            features.withUnsafeBufferPointer { features in
              for (pixel, wrong) in isWrong.enumerated() {
                let start = pixel * (size - 1) - 1
                var sum = parameters[0]
                for index in 1..<size {
                  row[index] = Double(features[start + index])
                  sum += parameters[index] * row[index]
                }
                let p = 1 / (1 + exp(-sum))
                let residual = p - (wrong ? 1 : 0)
                let curvature = p * (1 - p)
                for i in 0..<size {
                  gradient[i] += residual * row[i]
                  let factor = curvature * row[i]
                  for j in 0...i { hessian[i * size + j] += factor * row[j] }
                }
              }
            }
          }
        }
      }
    }

    mutating func addRidge(_ ridge: Double, _ parameters: [Double]) {
      for i in 0..<size {
        for j in 0..<i { hessian[j * size + i] = hessian[i * size + j] }
        // The intercept is free.
        let strength = i == 0 ? 1e-9 : ridge
        gradient[i] += strength * parameters[i]
        hessian[i * size + i] += strength
      }
    }
  }
}

/// Small dense systems of equations.
enum LinearSystem {
  /// Solves `matrix · x = right` by elimination with row exchange; `nil` if the matrix is singular.
  ///
  /// *Shape*: matrix `[size, size]` row-major.
  static func solve(_ matrix: [Double], _ right: [Double], size: Int) -> [Double]? {
    var a = matrix
    var b = right
    for column in 0..<size {
      guard let pivot = (column..<size).max(by: { abs(a[$0 * size + column]) < abs(a[$1 * size + column]) }),
        abs(a[pivot * size + column]) > 1e-300
      else { return nil }
      if pivot != column {
        for k in 0..<size { a.swapAt(pivot * size + k, column * size + k) }
        b.swapAt(pivot, column)
      }
      for row in (column + 1)..<max(size, column + 1) {
        let factor = a[row * size + column] / a[column * size + column]
        for k in column..<size { a[row * size + k] -= factor * a[column * size + k] }
        b[row] -= factor * b[column]
      }
    }
    for row in stride(from: size - 1, through: 0, by: -1) {
      for k in (row + 1)..<max(size, row + 1) { b[row] -= a[row * size + k] * b[k] }
      b[row] /= a[row * size + row]
    }
    return b
  }
}
