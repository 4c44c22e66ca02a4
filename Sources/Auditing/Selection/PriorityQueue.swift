/// A binary heap that gives its elements in order, without sorting those that nobody asks for.
///
/// The order is given with each call, for it may need what the elements do not hold; it must always be the same.
package struct PriorityQueue<Element> {
  @usableFromInline var heap: [Element]

  /// - Complexity: O(elements).
  @inlinable package init(
    _ elements: [Element], by precedes: (Element, Element) throws -> Bool
  ) rethrows {
    heap = elements
    for index in heap.indices.prefix(heap.count / 2).reversed() { try sink(index, precedes) }
  }

  @inlinable package var first: Element? { heap.first }

  @inlinable package var count: Int { heap.count }

  /// What is left, in no order.
  @inlinable package var elements: [Element] { heap }

  @inlinable package mutating func popFirst(
    by precedes: (Element, Element) throws -> Bool
  ) rethrows -> Element? {
    guard let last = heap.popLast() else { return nil }
    guard let first = heap.first else { return last }
    heap[0] = last
    try sink(0, precedes)
    return first
  }

  @inlinable package mutating func insert(
    _ element: Element, by precedes: (Element, Element) throws -> Bool
  ) rethrows {
    heap.append(element)
    var child = heap.count - 1
    while child > 0, try precedes(heap[child], heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  @inlinable mutating func sink(
    _ index: Int, _ precedes: (Element, Element) throws -> Bool
  ) rethrows {
    var parent = index
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, try precedes(heap[child + 1], heap[child]) { child += 1 }
      guard try precedes(heap[child], heap[parent]) else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
