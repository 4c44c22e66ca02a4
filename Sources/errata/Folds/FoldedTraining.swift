import Datasets
import ErrorLocalization
import Foundation

/// One training for each fold of the labelled images, which does not see that fold.
///
/// Folds are blocks of neighbours by name, as in cross-fitting. Where a held-out image is among the unlabelled ones,
/// it is left out there too.
struct FoldedTraining {
  let settings: TrainingConfiguration
  let data: TrainingData
  let folder: URL
  let folds: CrossFittingFolds

  /// *Throws*: where there are fewer labelled images than folds.
  init(settings: TrainingConfiguration, data: TrainingData, folder: URL, count: Int) throws {
    let samples = data.labeled.samples
    guard samples.count >= count else {
      throw FoldsFile.Problem(
        description: "\(samples.count) labelled images, expected at least one for each of \(count) folds")
    }
    self.settings = settings
    self.data = data
    self.folder = folder
    folds = CrossFittingFolds(names: samples.map(\.name), count: count)
  }

  private var file: URL { folder.appendingPathComponent("folds.json") }

  private func url(ofFold fold: Int) -> URL {
    folder.appendingPathComponent("fold-\(fold + 1)", isDirectory: true)
  }

  /// - Parameters:
  ///   - resume: goes on where an earlier start ended; folds that are done stay as they are.
  ///   - train: one training of the given images in the given folder; whether it was interrupted.
  /// - Returns: whether it was interrupted.
  func run(
    resume: Bool, train: (_ data: TrainingData, _ folder: RunFolder) throws -> Bool
  ) throws -> Bool {
    guard resume || !FileManager.default.fileExists(atPath: file.path) else {
      throw RunFolder.Problem(
        description: "\(folder.path): holds a training already; add --resume, or name another folder")
    }
    for fold in 0..<folds.count {
      Console.error("fold \(fold + 1) of \(folds.count)")
      if try resume && isDone(fold) { continue }
      let hasCheckpoint = FileManager.default.fileExists(
        atPath: url(ofFold: fold).appendingPathComponent("checkpoint.safetensors").path)
      let runFolder = try RunFolder(url(ofFold: fold), resume: resume && hasCheckpoint)
      if try train(data(without: fold), runFolder) { return true }
    }
    try FoldsFile(folds: try (0..<folds.count).map(describe)).write(to: file)
    print(file.path)
    return false
  }

  /// *Throws*: if it was trained with other settings.
  private func isDone(_ fold: Int) throws -> Bool {
    let url = url(ofFold: fold)
    guard FileManager.default.fileExists(atPath: url.appendingPathComponent("model.safetensors").path) else {
      return false
    }
    let configuration = url.appendingPathComponent("configuration.yaml")
    guard try String(contentsOf: configuration, encoding: .utf8) == ConfigurationFile.yaml(settings) else {
      throw RunFolder.Problem(
        description:
          "\(url.path): was trained under another configuration; resume with the same settings, or "
          + "start a new run")
    }
    return true
  }

  private func heldOut(_ fold: Int) -> [Sample] {
    data.labeled.samples.filter { folds.fold(of: $0.name) == fold }
  }

  private func data(without fold: Int) -> TrainingData {
    let hidden = Set(heldOut(fold).map(\.image.standardizedFileURL))
    func rest(_ dataset: SegmentationDataset) -> SegmentationDataset {
      dataset.with(dataset.samples.filter { !hidden.contains($0.image.standardizedFileURL) })
    }
    return TrainingData(
      labeled: rest(data.labeled), unlabeled: data.unlabeled.map(rest), validation: data.validation)
  }

  private func describe(_ fold: Int) throws -> FoldsFile.Fold {
    let model = url(ofFold: fold).appendingPathComponent("model.safetensors")
    return FoldsFile.Fold(
      model: "fold-\(fold + 1)/model.safetensors", modelSHA256: try CalibrationFile.sha256(of: model),
      heldOut: try heldOut(fold).map {
        FoldsFile.Image(name: $0.name, sha256: try CalibrationFile.sha256(of: $0.image))
      })
  }
}
