import Foundation

extension Unpickler {
  /// The instructions that name something, or call what was named.
  mutating func executeNamed(_ opcode: PickleOpcode) throws(Malformed) {
    switch opcode {
    case .global:
      let (module, name) = (try reader.line(), try reader.line())
      try push(
        .global(
          try PickleGlobal(
            module: String(decoding: module, as: UTF8.self), name: String(decoding: name, as: UTF8.self))
        ))
    case .stackGlobal:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw Malformed("a name that is no text")
      }
      try push(.global(try PickleGlobal(module: module, name: name)))
    case .reduce:
      let arguments = try pop()
      guard case .global(let function) = try pop(), let arguments = contents(arguments) else {
        throw Malformed("a call of something that has no name")
      }
      try push(try call(function, arguments))
    case .build:
      // Attributes of an ordered dictionary, such as a state dict's `_metadata`, are of no use here.
      _ = try pop()
      let object = try pop()
      guard isContainer(object, .dictionary) else { throw Malformed("attributes of something that has none") }
      try push(object)
    case .persistentIdentifier: try push(try storage(try pop()))
    default: preconditionFailure("\(opcode) names nothing")
    }
  }

  private mutating func call(_ function: PickleGlobal, _ arguments: [Item]) throws(Malformed) -> Item {
    switch function {
    case .orderedDictionary: return try makeDictionary(arguments)
    case .set:
      guard arguments.count == 1, let items = contents(arguments[0], .list) else { break }
      return try make(.set, items)
    case .size:
      guard arguments.count == 1, let items = contents(arguments[0]) else { break }
      return try make(.tuple, items)
    case .device:
      guard case .string(let name)? = arguments.first else { break }
      return .string(name)
    case .rebuildTensor:
      guard arguments.count >= 4 else { break }
      return try tensor(arguments, type: nil)
    case .rebuildTensorOfType:
      guard arguments.count >= 7, case .global(.dataType(let type)) = arguments[6] else { break }
      return try tensor(arguments, type: type)
    case .rebuildParameter:
      guard case .tensor(let index)? = arguments.first else { break }
      return .tensor(index)
    case .storage, .dataType: break
    }
    throw Malformed("a call of \(function.name) with arguments that it does not take")
  }

  /// An ordered dictionary from nothing or from a list of pairs.
  private mutating func makeDictionary(_ arguments: [Item]) throws(Malformed) -> Item {
    guard let first = arguments.first else { return try make(.dictionary, []) }
    var items: [Item] = []
    guard arguments.count == 1, let pairs = contents(first, .list) else {
      throw Malformed("an ordered dictionary made of something else than pairs")
    }
    for pair in pairs {
      guard let pair = contents(pair) ?? contents(pair, .list), pair.count == 2 else {
        throw Malformed("an ordered dictionary made of something else than pairs")
      }
      items += pair
    }
    return try make(.dictionary, items)
  }

  /// `(storage, offset, shape, strides, …)`.
  private mutating func tensor(_ arguments: [Item], type: PyTorchElementType?) throws(Malformed) -> Item {
    guard case .storage(let index) = arguments[0], case .integer(let offset) = arguments[1],
      let shape = integers(arguments[2]), let strides = integers(arguments[3])
    else { throw Malformed("a tensor that is not described by storage, offset, shape and strides") }
    if type != nil, storages[index].type != nil { throw Malformed("a typed tensor of a typed storage") }
    tensors.append(
      try PyTorchTensor(
        storage: storages[index], type: type, offset: offset, shape: shape, strides: strides))
    return .tensor(tensors.count - 1)
  }

  private func integers(_ item: Item) -> [Int]? {
    guard let items = contents(item), items.count <= 64 else { return nil }
    var numbers: [Int] = []
    for item in items {
      guard case .integer(let number) = item else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// `('storage', class, key, location, element count)` and, in the old format, a view, which must be none.
  private mutating func storage(_ identifier: Item) throws(Malformed) -> Item {
    guard let fields = contents(identifier), fields.count >= 5, case .string("storage") = fields[0],
      case .global(.storage(let type)) = fields[1], case .string(let key) = fields[2],
      case .integer(let count) = fields[4]
    else { throw Malformed("a persistent identifier that is no storage") }
    if fields.count > 5 {
      guard fields.count == 6, case .none = fields[5] else {
        throw Malformed("storage '\(key)' is a view of another one, as PyTorch before 0.4 wrote them")
      }
    }
    guard count >= 0, !count.multipliedReportingOverflow(by: 8).overflow else {
      throw Malformed("storage '\(key)' of \(count) elements")
    }
    let storage = PyTorchStorage(key: key, type: type, count: count)
    if let known = storageIndices[key] {
      guard storages[known] == storage else { throw Malformed("storage '\(key)' is described in two ways") }
      return .storage(known)
    }
    storages.append(storage)
    storageIndices[key] = storages.count - 1
    return .storage(storages.count - 1)
  }
}
