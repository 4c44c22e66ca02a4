import Foundation
import NeuralNetwork
import TensorCore
import Testing

/// Values that PyTorch computed; made by Tests/Fixtures/make_operations.py.
struct Fixture {
  private let file: SafetensorsFile
  private let cases: [String: [String: Setting]]

  private enum Setting: Decodable {
    case number(Int)
    case flag(Bool)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else {
        self = .number(try container.decode(Int.self))
      }
    }
  }

  init(_ name: String) throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/operations/\(name).safetensors")
    file = try SafetensorsFile(contentsOf: url)
    cases = try JSONDecoder().decode(
      [String: [String: Setting]].self, from: Data((file.metadata["cases"] ?? "{}").utf8))
  }

  var names: [String] { cases.keys.sorted() }

  func tensor(_ name: String, _ key: String) throws -> Tensor { try file.tensor("\(name).\(key)") }

  func has(_ name: String, _ key: String) -> Bool { file.shape(of: "\(name).\(key)") != nil }

  func number(_ name: String, _ key: String) -> Int {
    guard case .number(let value)? = cases[name]?[key] else { return 0 }
    return value
  }

  func flag(_ name: String, _ key: String) -> Bool {
    guard case .flag(let value)? = cases[name]?[key] else { return false }
    return value
  }

  func labels(_ name: String, _ key: String) throws -> LabelTensor {
    let tensor = try tensor(name, key)
    return LabelTensor(tensor.values.map { UInt8($0) }, shape: tensor.shape)
  }
}

/// Largest difference, over the largest value expected.
func relativeDifference(_ found: Tensor, _ expected: Tensor) -> Float {
  guard found.shape == expected.shape else { return .infinity }
  let scale = max(1e-3, expected.values.map(abs).max() ?? 0)
  return zip(found.values, expected.values).map { abs($0 - $1) }.max().map { $0 / scale } ?? 0
}

/// Two float libraries that add up in different orders.
let summationTolerance: Float = 2e-5

/// A leaf that remembers its gradient.
final class Leaf {
  private(set) var gradient: Tensor?
  let value: Tensor

  init(_ value: Tensor) { self.value = value }

  var variable: Variable {
    Variable(leaf: value) { [self] addend in
      if var sum = gradient {
        sum.add(addend)
        gradient = sum
      } else {
        gradient = addend
      }
    }
  }
}

extension Variable {
  /// Σ self · weights as a scalar, so that a given upstream gradient flows back.
  func weighted(by weights: Tensor) -> Variable {
    reshaped(to: [1, value.count]).matrixProduct(Variable(weights.reshaped(to: [weights.count, 1])))
  }
}

/// Central differences of `loss` at `input`, for the elements in `indices`.
func finiteDifferences(
  _ input: Tensor, indices: [Int], step: Float = 1e-2, loss: (Tensor) -> Double
) -> [Float] {
  indices.map { index in
    var (up, down) = (input.values, input.values)
    up[index] += step
    down[index] -= step
    return Float(
      (loss(Tensor(up, shape: input.shape)) - loss(Tensor(down, shape: input.shape))) / (2 * Double(step)))
  }
}
