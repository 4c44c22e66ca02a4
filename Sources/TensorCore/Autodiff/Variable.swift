/// A tensor on its way through a network, with the path back to whatever it was computed from.
///
/// Operations are methods in `Operations/`, each next to its backward function. A result has a path back only if one
/// of its inputs has; without one nothing is recorded, and nothing is kept for a backward pass.
package struct Variable {
  package let value: Tensor
  let node: Node?

  /// A constant: nothing flows back into it.
  package init(_ value: Tensor) {
    self.value = value
    node = nil
  }

  /// A leaf, such as a parameter: `receive` is handed its gradient, once for every use in the network.
  package init(leaf value: Tensor, receive: @escaping (Tensor) -> Void) {
    self.value = value
    node = Node(inputs: []) { gradient in
      receive(gradient)
      return []
    }
  }

  /// The result of an operation. `backward` maps the gradient of the result to those of `inputs`, in order; it may
  /// leave out (as `nil`) what an input without a path back would get.
  init(_ value: Tensor, inputs: [Variable], backward: @escaping (Tensor) -> [Tensor?]) {
    self.value = value
    node = inputs.contains { $0.node != nil } ? Node(inputs: inputs.map(\.node), backward: backward) : nil
  }

  package var shape: Shape { value.shape }

  /// Whether gradients flow through this value.
  package var requiresGradient: Bool { node != nil }

  /// The same value with the path back cut (stop-gradient).
  package var detached: Variable { Variable(value) }
}

/// One recorded operation. Holds its inputs' nodes, not their values: what the backward function did not capture is
/// freed during the forward pass already.
final class Node {
  var inputs: [Node?]
  var backward: ((Tensor) -> [Tensor?])?
  var gradient: Tensor?

  init(inputs: [Node?], backward: @escaping (Tensor) -> [Tensor?]) {
    self.inputs = inputs
    self.backward = backward
  }

  func accumulate(_ addend: Tensor) {
    guard var sum = gradient.take() else {
      gradient = addend
      return
    }
    sum.add(addend)
    gradient = sum
  }
}

extension Variable {
  /// Runs the backward pass from this scalar, whose own gradient is 1.
  ///
  /// Every recorded operation is run once and then dropped with what it kept: memory falls as the pass goes, and a
  /// second call finds nothing. Gradients of leaves are handed to their receivers.
  package func backward() {
    precondition(value.count == 1, "backward from a value of shape \(shape), expected a scalar")
    backward(from: Tensor(repeating: 1, shape: shape))
  }

  /// As `backward()`, from the gradient of this value, which need not be a scalar. *Shape*: that of the value.
  package func backward(from gradient: Tensor) {
    precondition(gradient.shape == shape, "a gradient of shape \(gradient.shape) for a value of \(shape)")
    guard let node else { return }
    var order = Variable.topologicalOrder(from: node)
    node.accumulate(gradient)
    while let current = order.popLast() {
      let inputs = current.inputs
      let backward = current.backward.take()
      current.inputs = []
      guard let gradient = current.gradient.take(), let backward else { continue }
      for (input, addend) in zip(inputs, backward(gradient)) {
        if let input, let addend { input.accumulate(addend) }
      }
    }
  }

  /// All nodes that `root` depends on, every input before its users.
  private static func topologicalOrder(from root: Node) -> [Node] {
    var order: [Node] = []
    var visited: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
    var stack: [(node: Node, next: Int)] = [(root, 0)]
    while let (node, next) = stack.last {
      if next == node.inputs.count {
        order.append(node)
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next += 1
      if let input = node.inputs[next], visited.insert(ObjectIdentifier(input)).inserted {
        stack.append((input, 0))
      }
    }
    return order
  }
}
