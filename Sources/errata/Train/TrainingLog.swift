import ErrorLocalization
import Foundation

/// What a training writes down: `log.jsonl`, one line a step or validation, and the same for TensorBoard.
final class TrainingLog {
  private let lines: FileHandle
  private let events: EventFile
  private let encoder = JSONEncoder()

  /// - Parameter step: steps done before.
  init(_ folder: RunFolder, afterStep step: Int) throws {
    try folder.truncateLog(afterStep: step)
    lines = try FileHandle(forWritingTo: folder.log)
    try lines.seekToEnd()
    events = try EventFile(in: folder.url, firstStep: step + 1)
    encoder.outputFormatting = .sortedKeys
  }

  deinit { try? lines.close() }

  func write(_ report: StepReport) throws {
    let line = StepLine(report)
    try append(line)
    try events.write(line.scalars, step: report.step)
  }

  func write(_ result: ValidationResult) throws {
    try append(result)
    try events.write(result.scalars, step: result.step)
  }

  private func append(_ line: some Encodable) throws {
    try lines.write(contentsOf: encoder.encode(line) + Data("\n".utf8))
  }
}

/// One step in `log.jsonl`.
private struct StepLine: Encodable {
  let step: Int
  let stage: Stage
  let total: Float
  let supervised: Float
  let auxiliary: [Float]
  let auxiliaryActive: [Bool]
  let errorLocalization: Float?
  let wrongShare: Float?
  let unseenWrongShare: Float?
  let pseudoLabel: Float?
  let pseudoLabelPlain: Float?
  let contrastive: Float?
  let contrastivePlain: Float?
  let acceptedShare: Float?
  let learningRate: Float
  let gradientNorm: Float?
  let imagesPerSecond: Double

  init(_ report: StepReport) {
    let losses = report.losses
    step = report.step
    stage = report.stage
    total = losses.total
    supervised = losses.supervised
    auxiliary = losses.auxiliary
    auxiliaryActive = losses.auxiliaryActive
    errorLocalization = losses.errorLocalization
    wrongShare = losses.wrongShare
    unseenWrongShare = losses.unseenWrongShare
    pseudoLabel = losses.pseudoLabel
    pseudoLabelPlain = losses.pseudoLabelPlain
    contrastive = losses.contrastive
    contrastivePlain = losses.contrastivePlain
    acceptedShare = losses.acceptedShare
    learningRate = report.learningRate
    gradientNorm = report.gradientNorm
    imagesPerSecond = Double(report.imageCount) / report.durationSeconds
  }

  /// For TensorBoard.
  var scalars: [Scalar] {
    var scalars = [Scalar("loss/total", total), Scalar("loss/supervised", supervised)]
    for (index, loss) in auxiliary.enumerated() {
      scalars.append(Scalar("loss/auxiliary \(index + 1)", loss))
      scalars.append(Scalar("auxiliary decoders/\(index + 1) active", auxiliaryActive[index] ? 1 : 0))
    }
    let optional: [(String, Float?)] = [
      ("loss/error localization", errorLocalization), ("loss/pseudo-label", pseudoLabel),
      ("loss/pseudo-label, plain view", pseudoLabelPlain), ("loss/contrastive", contrastive),
      ("loss/contrastive, plain view", contrastivePlain), ("pixels/wrong share", wrongShare),
      ("pixels/wrong share, cross-fitted", unseenWrongShare),
      ("pixels/accepted share", acceptedShare), ("optimizer/gradient norm", gradientNorm),
    ]
    for case (let tag, let value?) in optional { scalars.append(Scalar(tag, value)) }
    return scalars + [
      Scalar("optimizer/learning rate", learningRate),
      Scalar("throughput/images per second", Float(imagesPerSecond)),
    ]
  }
}
