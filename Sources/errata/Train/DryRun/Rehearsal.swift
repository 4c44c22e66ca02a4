import Datasets
import ErrorLocalization
import Foundation

/// A few steps of each stage on the real networks and images, in memory alone: what a training will need.
struct Rehearsal: Encodable {
  struct StageMeasures: Encodable {
    let stage: Stage
    let steps: Int
    let secondsPerStep: Double
    let imagesPerSecond: Double
    /// The most that the process held until the end of this stage's first steps.
    let peakBytes: Int?
  }

  let parameterCount: Int
  let stages: [StageMeasures]
  /// Of one image and one network.
  let validationSecondsPerImage: Double?
  /// Of all steps and validations.
  let trainingSeconds: Double
  /// With the cache of decoded images filled.
  let peakBytes: Int?

  /// The first step of a stage makes kernels and buffers; the second one is measured.
  private static let stepsPerStage = 2

  init(_ settings: TrainingConfiguration, seed: UInt64, data: TrainingData, cacheBytes: Int) throws {
    var short = settings
    func shortened(_ length: Int) -> Int { min(length, Self.stepsPerStage) }
    short.stages.supervisedSteps = shortened(settings.stages.supervisedSteps)
    short.stages.jointSteps = shortened(settings.stages.jointSteps)
    short.stages.semiSupervisedSteps = shortened(settings.stages.semiSupervisedSteps)
    short.optimizer.warmupSteps = 0
    ProcessMemory.resetPeak()
    let state = TrainingState(configuration: short, classCount: data.labeled.classes.count, seed: seed)
    parameterCount = state.networks.state.parameterCount
    var measured: [Stage: StageMeasures] = [:]
    try Trainer(state: state, labeled: data.labeled, unlabeled: data.unlabeled).run { report in
      measured[report.stage] = StageMeasures(
        stage: report.stage, steps: settings.stages.length(of: report.stage),
        secondsPerStep: report.durationSeconds,
        imagesPerSecond: Double(report.imageCount) / report.durationSeconds,
        peakBytes: ProcessMemory.peakBytes)
      return true
    }
    let stages = Stage.allCases.compactMap { measured[$0] }
    let validation = try Self.validate(state, lastStage: stages.last?.stage ?? .supervised, data)
    let validating = Self.validationSeconds(settings, perImage: validation, data.validation)
    self.stages = stages
    validationSecondsPerImage = validation
    trainingSeconds = validating + stages.reduce(0) { $0 + Double($1.steps) * $1.secondsPerStep }
    peakBytes = ProcessMemory.peakBytes.map { $0 + cacheBytes }
  }

  /// Seconds of one image and network, the second of two.
  private static func validate(
    _ state: TrainingState, lastStage: Stage, _ data: TrainingData
  ) throws -> Double? {
    guard let validation = data.validation, let first = validation.samples.first else { return nil }
    let one = Validator(
      dataset: validation.with([first]))
    let description = ModelDescription(state, of: data.labeled)
    var result: ValidationResult?
    for _ in 0..<2 { result = try one.measure(state, stage: lastStage, description: description) }
    return result.map { $0.durationSeconds / Double($0.networks.count) }
  }

  private static func validationSeconds(
    _ settings: TrainingConfiguration, perImage seconds: Double?, _ dataset: SegmentationDataset?
  ) -> Double {
    guard let seconds, let dataset else { return 0 }
    let stages = settings.stages
    let networks = (1...stages.totalSteps).filter { settings.validation.isDue(afterStep: $0, of: stages) }
      .reduce(0) { $0 + (stages.stage(ofStep: $1 - 1) == .semiSupervised ? 2 : 1) }
    return Double(networks * dataset.samples.count) * seconds
  }
}
