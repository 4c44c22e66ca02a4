/// The extent of a tensor in each dimension, outermost first.
///
/// Image-like tensors are *NHWC*: `[batch, height, width, channels]`, channels contiguous.
package struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
  package let dimensions: [Int]

  package init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "negative extent in \(dimensions)")
    self.dimensions = dimensions
  }

  package init(arrayLiteral elements: Int...) { self.init(elements) }

  package var rank: Int { dimensions.count }
  package var elementCount: Int { dimensions.reduce(1, *) }
  package subscript(index: Int) -> Int { dimensions[index] }
  package var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
