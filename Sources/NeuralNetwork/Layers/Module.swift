import TensorCore

/// A part of a network that lists what it holds under PyTorch's paths.
package protocol Module: AnyObject {
  /// Adds parameters and buffers under `path` ("" for the root).
  func collect(into state: inout NetworkState, path: String)
}

extension Module {
  /// Everything that this part holds, in a fixed order.
  package var state: NetworkState {
    var state = NetworkState()
    collect(into: &state, path: "")
    return state
  }
}

/// The parameters (trained) and buffers (running statistics) of a network, in order, under stable paths.
package struct NetworkState {
  package private(set) var parameters: [(path: String, parameter: Parameter)] = []
  package private(set) var buffers: [(path: String, buffer: Parameter)] = []
  /// The convolutions that can be quantised, under the paths of their weights' layer.
  package private(set) var convolutions: [(path: String, convolution: NormalizedConvolution)] = []

  package init() {}

  package mutating func add(_ parameter: Parameter, _ path: String, _ name: String) {
    parameters.append((NetworkState.join(path, name), parameter))
  }

  package mutating func addBuffer(_ buffer: Parameter, _ path: String, _ name: String) {
    buffers.append((NetworkState.join(path, name), buffer))
  }

  package mutating func add(_ module: any Module, _ path: String, _ name: String) {
    module.collect(into: &self, path: NetworkState.join(path, name))
  }

  /// The two layers of a normalised convolution, under the names that checkpoints give them.
  package mutating func add(
    _ unit: NormalizedConvolution, _ path: String, convolution: String, normalization: String
  ) {
    convolutions.append((NetworkState.join(path, convolution), unit))
    add(unit.convolution, path, convolution)
    add(unit.normalization, path, normalization)
  }

  /// Parameters, then buffers.
  package var all: [(path: String, parameter: Parameter)] {
    parameters + buffers.map { ($0.path, $0.buffer) }
  }

  package var parameterCount: Int { parameters.reduce(0) { $0 + $1.parameter.value.count } }

  private static func join(_ path: String, _ name: String) -> String {
    path.isEmpty || name.isEmpty ? path + name : path + "." + name
  }
}

extension NetworkState {
  /// Copies values from `source`, matched by path.
  ///
  /// - Precondition: the same architecture on both sides.
  package func copyValues(from source: NetworkState) {
    let (targets, sources) = (all, source.all)
    precondition(targets.map(\.path) == sources.map(\.path), "copying between different architectures")
    for (target, source) in zip(targets, sources) {
      target.parameter.update { $0 = source.parameter.value }
    }
  }

  /// Moves every parameter towards `source`: θ̃ ← decay · θ̃ + (1 − decay) · θ. Buffers stay as they are: a mean
  /// teacher's batch-norm statistics come from its own forward passes.
  package func moveAverage(toward source: NetworkState, decay: Float) {
    precondition(parameters.map(\.path) == source.parameters.map(\.path))
    for (target, source) in zip(parameters, source.parameters) {
      target.parameter.update { $0.moveAverage(toward: source.parameter.value, decay: decay) }
    }
  }
}
