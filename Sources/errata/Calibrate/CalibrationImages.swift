import Auditing
import Datasets
import ErrorLocalization
import Foundation

/// The labelled images of a calibration, judged as an audit would judge them.
struct CalibrationImages {
  let models: JudgingModels
  let options: ErrorModel.PredictionOptions
  let inputs: AuditInputs
  let truth: TrueMasks

  /// An image of which at least one pixel is known, and the pixels that the calibration is fitted to.
  struct Image {
    let sample: Sample
    let pixels: CalibrationSample
  }

  /// - Parameters:
  ///   - limit: pixels of each image that take part.
  ///   - hasDone: is called behind each image.
  /// - Throws: what is wrong with a file, and what `hasDone` throws.
  func collect(_ samples: [Sample], limit: Int, hasDone: () throws -> Void) throws -> [Image] {
    try samples.compactMap { sample in
      let (judged, truth) = try judge(sample, calibration: nil)
      let pixels = CalibrationSample(
        name: sample.name, scores: judged.scores, labels: judged.prediction.labels, truth: truth,
        ignoreLabel: self.truth.ignoreLabel, limit: limit)
      try hasDone()
      return pixels.pixelCount > 0 ? Image(sample: sample, pixels: pixels) : nil
    }
  }

  /// What the truth says of an image's regions, the worst first.
  ///
  /// Regions take every pixel, and the networks' values of all pixels of all images are more than memory holds: so the
  /// networks judge the image a second time.
  ///
  /// - Parameter calibration: that was fitted without the image.
  func regions(
    of image: Image, _ calibration: ErrorCalibration, settings: RegionSettings
  ) throws -> [CalibrationCounts] {
    let (judged, truth) = try judge(image.sample, calibration: calibration)
    let prediction = judged.prediction
    return ErrorRegion.counts(
      width: prediction.width, height: prediction.height, errorProbability: prediction.errorProbability,
      labels: prediction.labels, truth: truth, ignoreLabel: self.truth.ignoreLabel, settings: settings)
  }

  private func judge(_ sample: Sample, calibration: ErrorCalibration?) throws -> (JudgedImage, [UInt8]) {
    guard let mask = sample.mask else { preconditionFailure("the samples are pairs") }
    let files = try inputs.load(sample)
    let input = try inputs.decode(files, of: sample)
    let truth = try truth.read(mask, width: input.image.width, height: input.image.height)
    let model = models.model(forImage: files.imageSHA256)
    return (JudgedImage(input, model: model, options: options, calibration: calibration), truth)
  }
}
