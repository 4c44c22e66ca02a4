import Foundation

/// `folds.json` of `train --folds`: one model for each fold, and the labelled images that it has not seen.
struct FoldsFile: Codable {
  struct Fold: Codable {
    /// Path of the model, below this file's folder.
    let model: String
    let modelSHA256: String
    let heldOut: [Image]
  }

  struct Image: Codable {
    let name: String
    /// Of the image file: it is known again under any name.
    let sha256: String
  }

  let format: String
  let folds: [Fold]

  static let formatName = "errata-folds-1"

  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  init(folds: [Fold]) {
    format = Self.formatName
    self.folds = folds
  }

  init(contentsOf url: URL) throws {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw Problem(description: "\(url.path): cannot be read: \(error.localizedDescription)")
    }
    do {
      self = try JSONDecoder().decode(FoldsFile.self, from: data)
    } catch {
      throw Problem(description: "\(url.path): no folds of `errata train --folds`: \(error)")
    }
    guard format == Self.formatName, !folds.isEmpty else {
      throw Problem(
        description:
          "\(url.path): format '\(format)' with \(folds.count) folds, expected '\(Self.formatName)'")
    }
  }

  func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(self).write(to: url, options: .atomic)
  }
}
