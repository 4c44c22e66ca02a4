import Foundation

/// The calibrations of a cross-validation, each fitted without one fold of neighbouring images (frames of a video stay
/// together).
struct CalibrationFolds {
  /// The samples of a fold, by index, in order, and what was fitted without them.
  let folds: [(held: Range<Int>, calibration: ErrorCalibration)]
  /// How far the classes' own maps count beside the one of all classes (`ErrorCalibration.shrunk`): of five weights the
  /// one with the smallest log loss over all folds. *Range*: 0…1.
  let classWeight: Float
  /// The index of the only score that takes part; `nil` for all.
  let score: Int?

  private static let classWeights: [Float] = [1, 0.75, 0.5, 0.25, 0]

  /// - Precondition: at least two samples.
  init(_ samples: [CalibrationSample], count: Int = 5, alone score: Int? = nil) {
    precondition(samples.count >= 2)
    self.score = score
    let count = min(count, samples.count)
    let fitted = (0..<count).map { fold in
      let held = samples.count * fold / count..<samples.count * (fold + 1) / count
      let others = samples.indices.filter { !held.contains($0) }.map { samples[$0] }
      return (held: held, calibration: ErrorCalibration(others, alone: score))
    }
    var losses = Self.classWeights.map { _ in 0.0 }
    for (held, calibration) in fitted {
      for (index, loss) in calibration.logLosses(samples[held], Self.classWeights).enumerated() {
        losses[index] += loss
      }
    }
    let weight = Self.classWeights[losses.indices.min { losses[$0] < losses[$1] } ?? 0]
    classWeight = weight
    folds = fitted.map { (held: $0.held, calibration: $0.calibration.shrunk(classWeight: weight)) }
  }
}

extension ErrorCalibration {
  /// With each of the class weights, summed over the pixels of known truth. The maps never reach 0 or 1.
  fileprivate func logLosses(_ samples: some Sequence<CalibrationSample>, _ classWeights: [Float]) -> [Double]
  {
    let calibrations = classWeights.map { shrunk(classWeight: $0) }
    var losses = [Double](repeating: 0, count: classWeights.count)
    for sample in samples {
      for (pixel, isWrong) in sample.isWrong.enumerated() {
        let joined = stack.probability(sample.row(pixel))
        for index in losses.indices {
          let probability = calibrations[index].isotonicMap(ofClass: sample.labels[pixel])(joined)
          losses[index] -= Double(log(isWrong ? probability : 1 - probability))
        }
      }
    }
    return losses
  }
}
