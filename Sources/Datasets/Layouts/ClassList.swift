import Foundation
import Imaging

/// The classes of a data set: index = position.
package struct ClassList: Hashable, Sendable {
  package let names: [String]
  package let colors: [RGBColor]

  package var count: Int { names.count }

  /// - Precondition: as many colours as names.
  package init(names: [String], colors: [RGBColor]? = nil) {
    self.names = names
    self.colors = colors ?? Palette.distinct(count: names.count).colors
    precondition(self.colors.count == names.count)
  }

  /// Reads one class a line: `name`, `name: r,g,b` or `name r g b`; lines that begin with # are comments.
  ///
  /// - Throws: for duplicates, fewer than two or more than 255 classes, and colours on some lines only.
  package init(contentsOf url: URL) throws(DatasetError) {
    let text: String
    do {
      text = try String(contentsOf: url, encoding: .utf8)
    } catch {
      throw DatasetError(url.path, "the classes cannot be read: \(error.localizedDescription)")
    }
    var names: [String] = []
    var colors: [RGBColor] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let content = line.trimmingCharacters(in: .whitespacesAndNewlines)
      if content.isEmpty || content.hasPrefix("#") { continue }
      let (name, color) = Self.parse(content)
      guard !name.isEmpty, !names.contains(name) else {
        throw DatasetError(
          "\(url.path), line \(index + 1)", name.isEmpty ? "a class without name" : "class '\(name)' again")
      }
      names.append(name)
      if let color { colors.append(color) }
    }
    guard (2...255).contains(names.count) else {
      throw DatasetError(url.path, "\(names.count) classes, expected 2 to 255")
    }
    guard colors.isEmpty || colors.count == names.count else {
      throw DatasetError(url.path, "\(colors.count) of \(names.count) classes have a colour, expected all or none")
    }
    self.init(names: names, colors: colors.isEmpty ? nil : colors)
  }

  private static func parse(_ line: String) -> (name: String, color: RGBColor?) {
    let separators = CharacterSet(charactersIn: " ,\t:")
    let parts = line.components(separatedBy: separators).filter { !$0.isEmpty }
    let numbers = parts.suffix(3).compactMap { UInt8($0) }
    guard parts.count > 3, numbers.count == 3 else {
      return (line.trimmingCharacters(in: CharacterSet(charactersIn: ": ")), nil)
    }
    var name = line
    for part in parts.suffix(3).reversed() {
      guard let range = name.range(of: part, options: .backwards) else { break }
      name = String(name[..<range.lowerBound])
    }
    return (
      name.trimmingCharacters(in: separators),
      RGBColor(red: numbers[0], green: numbers[1], blue: numbers[2])
    )
  }
}
