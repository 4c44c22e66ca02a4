import Imaging

import struct Foundation.CharacterSet
import struct Foundation.URL

/// The classes of a data set: index = position.
package struct ClassList: Hashable, Sendable {
  package let names: [String]
  package let colors: [RGBColor]
  /// Whether the colours are the data set's own, so that RGB masks can be read by them; else they are for
  /// pictures.
  package let hasOwnColors: Bool
  /// What unlabelled pixels look like in RGB masks.
  package let ignoredColors: [RGBColor]

  package var count: Int { names.count }

  /// - Precondition: as many colours as names.
  package init(names: [String], colors: [RGBColor]? = nil, ignoredColors: [RGBColor] = []) {
    self.names = names
    self.colors = colors ?? Palette.distinct(count: names.count).colors
    hasOwnColors = colors != nil
    self.ignoredColors = ignoredColors
    precondition(self.colors.count == names.count)
  }

  /// Reads one class a line: `name`, `name: r,g,b` or `name r g b`; lines that begin with # are comments.
  ///
  /// A line `ignore: r,g,b` is no class: it tells how RGB masks show unlabelled pixels.
  ///
  /// - Throws: for duplicates, fewer than two or more than 255 classes, and colours on some lines only.
  package init(contentsOf url: URL) throws(DatasetError) {
    let file = try TextLines(contentsOf: url)
    var entries: [Entry] = []
    var ignored: [Entry] = []
    var lineOfName: [String: Int] = [:]
    var ownerOfColor: [RGBColor: String] = [:]
    for line in file.lines {
      let entry = try Entry(line, in: file)
      let isIgnored = entry.name == "ignore" && entry.color != nil
      if !isIgnored, let first = lineOfName.updateValue(line.number, forKey: entry.name) {
        throw file.error(line: line.number, "class '\(entry.name)' again, first on line \(first)")
      }
      if let color = entry.color, let first = ownerOfColor.updateValue(entry.name, forKey: color) {
        throw file.error(
          line: line.number, "colour \(Entry.text(color)) again, first of '\(first)'"
        )
      }
      if isIgnored { ignored.append(entry) } else { entries.append(entry) }
    }
    guard (2...255).contains(entries.count) else {
      let count = entries.count
      throw DatasetError(file.path, "\(count) class\(count == 1 ? "" : "es"), expected 2 to 255")
    }
    let colors = entries.compactMap(\.color)
    if !colors.isEmpty, let bare = entries.first(where: { $0.color == nil }) {
      throw file.error(line: bare.line, "'\(bare.name)' has no colour, others have; expected all or none")
    }
    self.init(
      names: entries.map(\.name), colors: colors.isEmpty ? nil : colors,
      ignoredColors: ignored.compactMap(\.color))
  }
}

/// One line of a class file.
private struct Entry {
  let line: Int
  let name: String
  let color: RGBColor?

  init(_ line: TextLines.Line, in file: TextLines) throws(DatasetError) {
    let (name, numbers) = Self.split(line.text)
    var color: RGBColor?
    if let numbers {
      let channels = numbers.compactMap { UInt8($0) }
      guard numbers.count == 3, channels.count == 3 else {
        throw file.error(
          line: line.number,
          "colour (\(numbers.joined(separator: ", "))), expected three numbers from 0 to 255")
      }
      color = RGBColor(red: channels[0], green: channels[1], blue: channels[2])
    }
    guard !name.isEmpty else { throw file.error(line: line.number, "a class without name") }
    (self.line, self.name, self.color) = (line.number, name, color)
  }

  static func text(_ color: RGBColor) -> String { "(\(color.red), \(color.green), \(color.blue))" }

  /// Numbers after the last colon are a colour, and so are three numbers at the end.
  private static func split(_ text: String) -> (name: String, numbers: [String]?) {
    if let colon = text.lastIndex(of: ":") {
      let numbers = tokens(text[text.index(after: colon)...])
      if !numbers.isEmpty, numbers.allSatisfy(isNumber) {
        return (text[..<colon].trimmingCharacters(in: .whitespaces), numbers.map(String.init))
      }
    }
    let numbers = tokens(text[...]).suffix(3)
    if numbers.count == 3, numbers.allSatisfy(isNumber), let first = numbers.first {
      let name = text[..<first.startIndex].trimmingCharacters(in: CharacterSet(charactersIn: " \t,"))
      return (name, numbers.map(String.init))
    }
    return (text.hasSuffix(":") ? text.dropLast().trimmingCharacters(in: .whitespaces) : text, nil)
  }

  private static func tokens(_ text: Substring) -> [Substring] {
    text.split { $0 == " " || $0 == "," || $0 == "\t" }
  }

  private static func isNumber(_ token: Substring) -> Bool {
    token.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
