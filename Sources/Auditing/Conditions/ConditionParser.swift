/// or ← and ("or" and)*; and ← unary ("and" unary)*; unary ← "not" unary | "(" or ")" | name operation value.
struct ConditionParser {
  private enum Token: Equatable {
    case word(String)
    case number(Double)
    case text(String)
    case symbol(String)
  }

  private let text: String
  private let characters: [Character]
  private let numbers: [String]
  private let texts: [String]
  private var position = 0

  init(text: String, numbers: [String], texts: [String]) {
    self.text = text
    characters = Array(text)
    self.numbers = numbers
    self.texts = texts
  }

  mutating func parse() throws(Condition.Problem) -> Condition {
    let condition = try parseOr(depth: 0)
    skipSpaces()
    guard position == characters.count else { throw problem("expected 'and', 'or' or the end") }
    return condition
  }

  private mutating func parseOr(depth: Int) throws(Condition.Problem) -> Condition {
    var condition = try parseAnd(depth: depth)
    while takeWord("or") { condition = .or(condition, try parseAnd(depth: depth)) }
    return condition
  }

  private mutating func parseAnd(depth: Int) throws(Condition.Problem) -> Condition {
    var condition = try parseUnary(depth: depth)
    while takeWord("and") { condition = .and(condition, try parseUnary(depth: depth)) }
    return condition
  }

  private mutating func parseUnary(depth: Int) throws(Condition.Problem) -> Condition {
    guard depth < 100 else { throw problem("nested too deeply") }
    if takeWord("not") { return .not(try parseUnary(depth: depth + 1)) }
    let start = position
    if try nextToken() == .symbol("(") {
      let condition = try parseOr(depth: depth + 1)
      guard try nextToken() == .symbol(")") else { throw problem("expected ')'") }
      return condition
    }
    position = start
    return try parseComparison()
  }

  private mutating func parseComparison() throws(Condition.Problem) -> Condition {
    skipSpaces()
    let start = position
    let known = (numbers + texts).joined(separator: ", ")
    guard case .word(let name)? = try nextToken() else {
      throw problem("expected one of: \(known)", at: start)
    }
    let isText = texts.contains(name)
    guard isText || numbers.contains(name) else {
      throw problem("unknown name '\(name)'; there are: \(known)", at: start)
    }
    let operation = try parseOperation(isText: isText)
    skipSpaces()
    let valueStart = position
    switch try nextToken() {
    case .number(let number)? where !isText:
      return .comparison(name: name, operation: operation, value: .number(number))
    case .text(let value)? where isText:
      return .comparison(name: name, operation: operation, value: .text(value))
    default:
      throw problem(isText ? "expected a text in quotes" : "expected a number", at: valueStart)
    }
  }

  private mutating func parseOperation(isText: Bool) throws(Condition.Problem) -> Condition.Operation {
    skipSpaces()
    let start = position
    if isText && takeWord("like") { return .like }
    guard case .symbol(let symbol)? = try nextToken(),
      let operation = Condition.Operation(rawValue: symbol == "==" ? "=" : symbol)
    else {
      throw problem("expected one of: =, !=, <, <=, >, >=\(isText ? ", like" : "")", at: start)
    }
    return operation
  }

  private mutating func takeWord(_ word: String) -> Bool {
    let start = position
    if case .word(let found)?? = try? nextToken(), found.lowercased() == word { return true }
    position = start
    return false
  }

  private mutating func skipSpaces() {
    while position < characters.count && characters[position].isWhitespace { position += 1 }
  }

  /// `nil` at the end.
  private mutating func nextToken() throws(Condition.Problem) -> Token? {
    skipSpaces()
    guard position < characters.count else { return nil }
    let first = characters[position]
    if first == "(" || first == ")" {
      position += 1
      return .symbol(String(first))
    }
    if "<>=!".contains(first) { return .symbol(take { "<>=!".contains($0) }) }
    if first == "'" || first == "\"" { return .text(try takeQuoted(first)) }
    if first.isNumber || first == "." || first == "-" {
      let start = position
      let digits = take { $0.isNumber || ".-+eE".contains($0) }
      guard let number = Double(digits), number.isFinite else {
        throw problem("'\(digits)' is no number", at: start)
      }
      return .number(number)
    }
    let word = take { $0.isLetter || $0.isNumber || $0 == "_" }
    guard !word.isEmpty else { throw problem("unexpected '\(first)'") }
    return .word(word)
  }

  private mutating func take(_ belongs: (Character) -> Bool) -> String {
    var result = ""
    while position < characters.count, belongs(characters[position]) {
      result.append(characters[position])
      position += 1
    }
    return result
  }

  private mutating func takeQuoted(_ quote: Character) throws(Condition.Problem) -> String {
    let start = position
    position += 1
    let content = take { $0 != quote }
    guard position < characters.count else { throw problem("the quote is not closed", at: start) }
    position += 1
    return content
  }

  private func problem(_ reason: String, at place: Int? = nil) -> Condition.Problem {
    Condition.Problem(text: text, position: (place ?? position) + 1, reason: reason)
  }
}
