import ErrorLocalization
import Foundation

/// The model of an audit; of `train --folds` one for each fold, so that an image which one of them learned from is
/// judged by the one that has not seen it. Several threads may judge at once.
struct JudgingModels: @unchecked Sendable {
  // Invariant behind `@unchecked Sendable`: nobody changes the parameters of models that were read from files, and what
  // the layers derive from them at first use, they lock.

  /// What holds for all of them, and the one for images that are of no fold.
  let first: ErrorModel
  /// Of the file that was named, which for folds holds the models' own.
  let sha256: String
  private let folds: [ErrorModel]
  private let foldOfImage: [String: Int]

  /// - Parameter url: `model.safetensors`, or `folds.json`.
  init(contentsOf url: URL) throws {
    sha256 = try CalibrationFile.sha256(of: url)
    guard url.pathExtension == "json" else {
      first = try ErrorModel(contentsOf: url)
      folds = []
      foldOfImage = [:]
      return
    }
    let file = try FoldsFile(contentsOf: url)
    folds = try file.folds.map { fold in
      let modelURL = url.deletingLastPathComponent().appendingPathComponent(fold.model)
      guard try CalibrationFile.sha256(of: modelURL) == fold.modelSHA256 else {
        throw FoldsFile.Problem(
          description: "\(modelURL.path): not the model that \(url.path) was written for")
      }
      return try ErrorModel(contentsOf: modelURL)
    }
    first = folds[0]
    var foldOfImage: [String: Int] = [:]
    for (index, fold) in file.folds.enumerated() {
      for image in fold.heldOut { foldOfImage[image.sha256] = index }
    }
    self.foldOfImage = foldOfImage
  }

  /// - Parameter sha256: of the image file.
  func model(forImage sha256: String?) -> ErrorModel {
    guard let sha256, let fold = foldOfImage[sha256] else { return first }
    return folds[fold]
  }
}
