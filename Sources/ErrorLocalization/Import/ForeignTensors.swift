import NeuralNetwork
import TensorCore

/// The tensors of one part of another program's file, by the names that our networks have for them.
///
/// PyTorch's counters of batches (`num_batches_tracked`) say nothing that is used, and are left out.
struct ForeignTensors {
  let file: WeightFile
  /// What the part is called in errors.
  let part: String
  /// Ours → the file's.
  private var names: [String: String] = [:]
  /// Names in the file that ours have no counterpart to.
  private(set) var unnamed: [String] = []

  /// - Parameters:
  ///   - prefix: of the part's names in the file.
  ///   - rename: our name for what follows the prefix; `nil` for what can be no tensor of ours.
  /// - Throws: for two names that become one.
  init(
    _ file: WeightFile, part: String, prefix: String, rename: (Substring) -> String?
  ) throws(ImportError) {
    self.file = file
    self.part = part
    for name in file.names where name.hasPrefix(prefix) && !name.hasSuffix("num_batches_tracked") {
      guard let ours = rename(name.dropFirst(prefix.count)) else {
        unnamed.append(name)
        continue
      }
      if let other = names.updateValue(name, forKey: ours) {
        throw ImportError(file.path, "\(part): '\(other)' and '\(name)' are the same tensor")
      }
    }
  }

  var isEmpty: Bool { names.isEmpty && unnamed.isEmpty }
  /// Our names, sorted.
  var sortedNames: [String] { names.keys.sorted() }

  func shape(of name: String) -> [Int]? { names[name].flatMap(file.shape(of:)) }

  /// The extent of a convolution's weights `[O, I, K, K]` along an axis.
  ///
  /// - Throws: if it is missing, or no such weights.
  func extent(_ name: String, axis: Int) throws(ImportError) -> Int {
    guard let shape = shape(of: name) else {
      throw ImportError(file.path, "\(part): tensor '\(name)' is missing")
    }
    // Far above any network; keeps a wrong file from asking for all memory.
    guard shape.count == 4, shape.allSatisfy({ (1...65_536).contains($0) }) else {
      throw ImportError(
        file.path, "\(part): tensor '\(name)' has shape \(shape), expected a convolution's weights")
    }
    return shape[axis]
  }

  func tensor(_ name: String) throws -> Tensor { try file.tensor(names[name] ?? name) }

  /// What does not fit between the file and a network.
  struct Differences {
    var missing: [String] = []
    var misshaped: [String] = []
    var unexpected: [String] = []

    var isEmpty: Bool { missing.isEmpty && misshaped.isEmpty && unexpected.isEmpty }
  }

  func differences(from state: NetworkState) -> Differences {
    var result = Differences(unexpected: unnamed)
    let expected = state.all
    for (path, parameter) in expected {
      guard let shape = shape(of: path) else {
        result.missing.append(path)
        continue
      }
      if Shape(shape) != parameter.shape { result.misshaped.append(path) }
    }
    let known = Set(expected.map(\.path))
    result.unexpected += sortedNames.filter { !known.contains($0) }.map { names[$0] ?? $0 }
    return result
  }

  /// - Throws: naming what does not fit, if anything does not.
  func check(_ differences: Differences, against state: NetworkState) throws(ImportError) {
    guard !differences.isEmpty else { return }
    var reasons: [String] = []
    if !differences.missing.isEmpty {
      reasons.append("missing are \(ImportError.listing(differences.missing))")
    }
    if !differences.misshaped.isEmpty {
      let expected = Dictionary(state.all.map { ($0.path, $0.parameter.shape) }) { first, _ in first }
      let texts = differences.misshaped.prefix(3).map { name in
        "'\(name)' has shape \(shape(of: name) ?? []), expected \(expected[name].map { "\($0)" } ?? "none")"
      }
      reasons.append(
        texts.joined(separator: ", ")
          + (differences.misshaped.count > 3 ? " and \(differences.misshaped.count - 3) more" : ""))
    }
    if !differences.unexpected.isEmpty {
      reasons.append("unexpected are \(ImportError.listing(differences.unexpected))")
    }
    throw ImportError(file.path, "\(part): \(reasons.joined(separator: "; "))")
  }

  /// Copies every tensor of a network but those under `skipped`.
  func load(into state: NetworkState, skipping skipped: Set<String> = []) throws {
    for (path, parameter) in state.all where !skipped.contains(path) {
      let tensor = try tensor(path)
      parameter.update { $0 = tensor }
    }
  }
}
