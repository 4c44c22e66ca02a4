import Foundation
import NeuralNetwork
import TensorCore
import Testing

/// The cases of one operation family, computed by PyTorch in double precision (Tests/Fixtures/make_operations.py).
struct Fixture {
  let file: SafetensorsFile

  static func load(_ family: String) -> Fixture {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let url = folder.appending(path: "Fixtures/operations/\(family).safetensors")
    do {
      return Fixture(file: try SafetensorsFile(contentsOf: url))
    } catch {
      preconditionFailure("\(error); make it with Tests/Fixtures/make_operations.py")
    }
  }

  var cases: [Case] { file.metadata.keys.sorted().map { Case(name: $0, file: file) } }

  /// A case by its name.
  subscript(name: String) -> Case { Case(name: name, file: file) }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let file: SafetensorsFile

    var testDescription: String { name }

    func has(_ tensor: String) -> Bool { file.shape(of: "\(name)/\(tensor)") != nil }

    func tensor(_ tensor: String) -> Tensor {
      do {
        return try file.tensor("\(name)/\(tensor)")
      } catch {
        preconditionFailure("\(error)")
      }
    }

    func labels(_ tensor: String) -> LabelTensor {
      let values = self.tensor(tensor)
      return LabelTensor(values.values.map { UInt8($0) }, shape: values.shape)
    }

    /// A number of the case's metadata, or the first of its list.
    func number(_ key: String) -> Float { Float(truncating: value(key) as? NSNumber ?? 0) }
    func integer(_ key: String) -> Int { (value(key) as? NSNumber)?.intValue ?? 0 }
    func integers(_ key: String) -> [Int] { (value(key) as? [NSNumber])?.map(\.intValue) ?? [] }
    func text(_ key: String) -> String { value(key) as? String ?? "" }

    private func value(_ key: String) -> Any {
      let json = Data((file.metadata[name] ?? "").utf8)
      guard let numbers = try? JSONSerialization.jsonObject(with: json) as? [String: Any],
        let value = numbers[key]
      else { preconditionFailure("fixture \(file.path), case \(name): no number '\(key)'") }
      return value
    }
  }
}
