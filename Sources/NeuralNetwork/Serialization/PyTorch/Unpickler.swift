import Foundation

/// Runs a pickle of plain data and tensors. Nothing of it is executed: a pickle may name only what `PickleGlobal`
/// knows, and that only makes values.
///
/// Containers live in one table and refer to each other by index, so that neither cycles nor depth cost stack; depth
/// and sharing are limited when the value tree is made at the end.
struct Unpickler {
  enum Item {
    case none
    case boolean(Bool)
    case integer(Int)
    case largeInteger(String)
    case number(Double)
    case string(String)
    case bytes(Data)
    case container(Int)
    case global(PickleGlobal)
    case storage(Int)
    case tensor(Int)
  }

  struct Container {
    enum Kind { case list, tuple, dictionary, set }
    let kind: Kind
    /// Of a dictionary: keys and values in turn.
    var items: [Item]
  }

  enum Limit {
    /// Items on the stack, in the memo, and in all containers.
    static let items = 1 << 22
    static let text = 1 << 24
    static let depth = 64
    /// Nodes of the value tree, in which what is shared counts every time.
    static let nodes = 1 << 22
  }

  var reader: ByteReader
  private var stack: [Item] = []
  private var marks: [Int] = []
  private var memo: [Int: Item] = [:]
  private var containers: [Container] = []
  private var itemCount = 0
  var storages: [PyTorchStorage] = []
  var storageIndices: [String: Int] = [:]
  var tensors: [PyTorchTensor] = []

  private init(_ reader: ByteReader) { self.reader = reader }

  struct Result {
    let value: PyTorchValue
    /// The storages that were named, by key.
    let storages: [String: PyTorchStorage]
    /// Where the pickle ends.
    let end: Int
  }

  static func run(_ data: Data, _ range: Range<Int>) throws(Malformed) -> Result {
    var machine = Unpickler(ByteReader(data, range))
    let start = range.lowerBound
    do {
      let root = try machine.run()
      var budget = Limit.nodes
      let value = try machine.value(of: root, depth: 0, budget: &budget)
      let storages = Dictionary(uniqueKeysWithValues: machine.storages.map { ($0.key, $0) })
      return Result(value: value, storages: storages, end: machine.reader.position)
    } catch {
      throw Malformed("pickle, near byte \(machine.reader.position - start): \(error.reason)")
    }
  }

  private mutating func run() throws(Malformed) -> Item {
    while true {
      let byte = try reader.byte()
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw Malformed("instruction 0x\(String(byte, radix: 16)), which a state dict has no use for")
      }
      if opcode == .stop {
        guard stack.count == 1, marks.isEmpty else {
          throw Malformed("\(stack.count) values left at the end")
        }
        return try pop()
      }
      try execute(opcode)
    }
  }

  // MARK: Stack

  mutating func push(_ item: Item) throws(Malformed) {
    guard stack.count < Limit.items else { throw Malformed("more than \(Limit.items) values on the stack") }
    stack.append(item)
  }

  mutating func pop() throws(Malformed) -> Item {
    guard stack.count > (marks.last ?? 0), let item = stack.popLast() else {
      throw Malformed("an empty stack")
    }
    return item
  }

  private mutating func popToMark() throws(Malformed) -> [Item] {
    guard let mark = marks.popLast() else { throw Malformed("no mark on the stack") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func pop(_ count: Int) throws(Malformed) -> [Item] {
    var items: [Item] = []
    for _ in 0..<count { items.append(try pop()) }
    return items.reversed()
  }

  mutating func make(_ kind: Container.Kind, _ items: [Item]) throws(Malformed) -> Item {
    itemCount += 1
    try count(items)
    containers.append(Container(kind: kind, items: items))
    return .container(containers.count - 1)
  }

  private mutating func count(_ items: [Item]) throws(Malformed) {
    itemCount += items.count
    guard itemCount <= Limit.items else { throw Malformed("more than \(Limit.items) values in containers") }
  }

  /// Adds to the container on top of the stack, which stays there.
  private mutating func extend(_ kinds: Set<Container.Kind>, _ items: [Item]) throws(Malformed) {
    guard stack.count > (marks.last ?? 0), case .container(let index)? = stack.last,
      kinds.contains(containers[index].kind)
    else { throw Malformed("values for a container that is none") }
    if containers[index].kind == .dictionary, items.count % 2 != 0 {
      throw Malformed("a key without a value")
    }
    try count(items)
    containers[index].items += items
  }

  /// The contents of a tuple (or another container of `kind`).
  func contents(_ item: Item, _ kind: Container.Kind = .tuple) -> [Item]? {
    guard case .container(let index) = item, containers[index].kind == kind else { return nil }
    return containers[index].items
  }

  func isContainer(_ item: Item, _ kind: Container.Kind) -> Bool {
    if case .container(let index) = item { containers[index].kind == kind } else { false }
  }

  // MARK: Instructions

  private mutating func execute(_ opcode: PickleOpcode) throws(Malformed) {
    switch opcode {
    case .mark:
      guard marks.count < Limit.items else { throw Malformed("more than \(Limit.items) marks") }
      marks.append(stack.count)
    case .pop: _ = try pop()
    case .popMark: _ = try popToMark()
    case .emptyTuple: try push(try make(.tuple, []))
    case .emptyList: try push(try make(.list, []))
    case .emptyDictionary: try push(try make(.dictionary, []))
    case .emptySet: try push(try make(.set, []))
    case .tuple: try push(try make(.tuple, try popToMark()))
    case .tuple1: try push(try make(.tuple, try pop(1)))
    case .tuple2: try push(try make(.tuple, try pop(2)))
    case .tuple3: try push(try make(.tuple, try pop(3)))
    case .list: try push(try make(.list, try popToMark()))
    case .frozenSet: try push(try make(.set, try popToMark()))
    case .dictionary:
      let items = try popToMark()
      guard items.count % 2 == 0 else { throw Malformed("a key without a value") }
      try push(try make(.dictionary, items))
    case .append: try extend([.list], try pop(1))
    case .setItem: try extend([.dictionary], try pop(2))
    case .appends: try extend([.list], try popToMark())
    case .setItems: try extend([.dictionary], try popToMark())
    case .addItems: try extend([.set], try popToMark())
    case .get: try push(try recall(try reader.size(1)))
    case .longGet: try push(try recall(try reader.size(4)))
    case .put: try memorize(at: try reader.size(1))
    case .longPut: try memorize(at: try reader.size(4))
    case .memoize: try memorize(at: memo.count)
    case .proto:
      let version = try reader.byte()
      guard (2...5).contains(version) else { throw Malformed("pickle protocol \(version), expected 2 to 5") }
    case .frame: _ = try reader.size(8)
    case .stop: preconditionFailure("handled by the loop")
    case .global, .stackGlobal, .reduce, .build, .persistentIdentifier: try executeNamed(opcode)
    default: try push(try scalar(opcode))
    }
  }

  private func recall(_ key: Int) throws(Malformed) -> Item {
    guard let item = memo[key] else { throw Malformed("nothing was kept under number \(key)") }
    return item
  }

  private mutating func memorize(at key: Int) throws(Malformed) {
    guard stack.count > (marks.last ?? 0), let item = stack.last else { throw Malformed("an empty stack") }
    guard memo.count < Limit.items else { throw Malformed("more than \(Limit.items) kept values") }
    memo[key] = item
  }

  private mutating func scalar(_ opcode: PickleOpcode) throws(Malformed) -> Item {
    switch opcode {
    case .none: return .none
    case .newTrue: return .boolean(true)
    case .newFalse: return .boolean(false)
    case .binaryInteger: return .integer(Int(Int32(truncatingIfNeeded: try reader.unsigned(4))))
    case .binaryInteger1: return .integer(try reader.size(1))
    case .binaryInteger2: return .integer(try reader.size(2))
    case .long1: return try long(try reader.size(1))
    case .long4: return try long(try reader.size(4))
    case .binaryFloat: return .number(Double(bitPattern: try reader.unsigned(8).byteSwapped))
    case .shortBinaryUnicode: return .string(try text(try reader.size(1)))
    case .binaryUnicode: return .string(try text(try reader.size(4)))
    case .binaryUnicode8: return .string(try text(try reader.size(8)))
    case .shortBinaryString: return .string(try text(try reader.size(1)))
    case .binaryString: return .string(try text(try reader.size(4)))
    case .shortBinaryBytes: return .bytes(try bytes(try reader.size(1)))
    case .binaryBytes: return .bytes(try bytes(try reader.size(4)))
    case .binaryBytes8: return .bytes(try bytes(try reader.size(8)))
    default: preconditionFailure("\(opcode) makes no scalar")
    }
  }

  private mutating func bytes(_ count: Int) throws(Malformed) -> Data {
    guard count <= Limit.text else {
      throw Malformed("a text of \(count) bytes, at most \(Limit.text) expected")
    }
    return try reader.bytes(count)
  }

  private mutating func text(_ count: Int) throws(Malformed) -> String {
    guard let text = String(data: try bytes(count), encoding: .utf8) else {
      throw Malformed("a text is not UTF-8")
    }
    return text
  }

  /// A two's-complement number, lowest byte first.
  private mutating func long(_ count: Int) throws(Malformed) -> Item {
    let digits = try bytes(count)
    guard count > 8 else {
      let isNegative = (digits.last ?? 0) & 0x80 != 0
      var value: UInt64 = isNegative && count < 8 ? UInt64.max << UInt64(8 * count) : 0
      for (index, byte) in digits.enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
      return .integer(Int(Int64(bitPattern: value)))
    }
    guard count <= 64 else { throw Malformed("an integer of \(count) bytes") }
    return .largeInteger(
      "0x" + digits.reversed().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
  }

  // MARK: The result

  private func value(of item: Item, depth: Int, budget: inout Int) throws(Malformed) -> PyTorchValue {
    budget -= 1
    guard budget >= 0 else {
      throw Malformed("more than \(Limit.nodes) values, counting shared ones each time")
    }
    switch item {
    case .none: return .none
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(value)
    case .largeInteger(let text): return .largeInteger(text)
    case .number(let value): return .number(value)
    case .string(let text): return .string(text)
    case .bytes(let data): return .bytes([UInt8](data))
    case .global(let global): return .name(global.name)
    case .tensor(let index): return .tensor(tensors[index])
    case .storage(let index): throw Malformed("storage '\(storages[index].key)' outside a tensor")
    case .container(let index):
      guard depth < Limit.depth else { throw Malformed("containers nested more than \(Limit.depth) deep") }
      var values: [PyTorchValue] = []
      values.reserveCapacity(containers[index].items.count)
      for item in containers[index].items {
        values.append(try value(of: item, depth: depth + 1, budget: &budget))
      }
      guard containers[index].kind == .dictionary else { return .list(values) }
      return .dictionary(stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) })
    }
  }
}
