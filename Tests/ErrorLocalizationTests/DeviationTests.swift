import Datasets
import ErrorLocalization
import Foundation
import NeuralNetwork
import TensorCore
import Testing

/// Where this program leaves the authors' on purpose; docs/method.md lists the deviations.
@Suite struct DeviationTests {
  private static let tolerance: Float = 1e-6

  private func map(_ labels: [UInt8]) -> LabelTensor { LabelTensor(labels, shape: [1, 1, labels.count]) }

  private func logits(_ values: [Float]) -> Variable {
    Variable(Tensor(values, shape: [1, 1, values.count, 1]))
  }

  /// −log σ(x).
  private func softplus(_ x: Float) -> Float { log1p(exp(-x)) }

  @Test func ignoredPixelsAreNoErrors() {
    let targets = ErrorTargets(
      predicted: map([0, 1, 1, 0, 2]), truth: map([0, 1, 0, 255, 255]), ignoreLabel: 255)
    #expect(targets.rightCount == 2 && targets.wrongCount == 1 && targets.wrongWeight == 2)
    let loss = logits([0.5, -1, 2, 9, -9]).errorLocalizationLoss(targets).value.scalar
    let expected = (softplus(0.5) + softplus(-1) + 2 * softplus(-2)) / 3
    #expect(abs(loss - expected) < Self.tolerance)
    // What ELN says there does not count either.
    #expect(logits([0.5, -1, 2, -9, 9]).errorLocalizationLoss(targets).value.scalar == loss)
  }

  /// The authors' program divides by the number of errors.
  @Test func anImageWithoutErrorsHasAFiniteLoss() {
    let targets = ErrorTargets(predicted: map([0, 1, 1]), truth: map([0, 1, 255]), ignoreLabel: 255)
    #expect(targets.wrongCount == 0 && targets.wrongWeight == 1)
    let loss = logits([0.5, -1, 3]).errorLocalizationLoss(targets).value.scalar
    #expect(abs(loss - (softplus(0.5) + softplus(-1)) / 2) < Self.tolerance)
  }

  @Test func anImageWithoutKnownPixelsHasNoLoss() {
    let targets = ErrorTargets(predicted: map([0, 1]), truth: map([255, 255]), ignoreLabel: 255)
    #expect(logits([5, -5]).errorLocalizationLoss(targets).value.scalar == 0)
  }

  private func run(_ configuration: TrainingConfiguration, steps: Int) throws -> (TrainingState, StepLosses) {
    let state = SmallTraining.state(configuration)
    var last: StepLosses?
    try SmallTraining.trainer(state).run { report in
      last = report.losses
      return report.step < steps
    }
    return (state, try #require(last))
  }

  /// The authors' program runs the encoder three times on the labelled images, which moves its running statistics three
  /// times. Ours runs it once, and neither L_aux nor L_ELN reaches encoder or main decoder.
  @Test func theEncoderRunsOnceAndLearnsFromTheSupervisedLossAlone() throws {
    let (supervised, _) = try run(SmallTraining.configuration(supervised: 1, joint: 0), steps: 1)
    let (joint, losses) = try run(SmallTraining.configuration(supervised: 0, joint: 1), steps: 1)
    #expect(losses.errorLocalization != nil && losses.auxiliaryActive[0])
    for (a, b) in zip(supervised.networks.student.state.all, joint.networks.student.state.all) {
      #expect(a.parameter.value.values == b.parameter.value.values, "\(a.path)")
    }
    let mean = joint.networks.student.encoder.state.buffers[0].buffer.value.values
    #expect(mean.contains { $0 != 0 })
  }

  @Test func theLocalisationLossIsASumOrAMean() throws {
    var configuration = SmallTraining.configuration(supervised: 0, joint: 1)
    #expect(configuration.losses.sumsErrorLocalizationOverDecoders)
    let sum = try #require(try run(configuration, steps: 1).1.errorLocalization)
    configuration.losses.sumsErrorLocalizationOverDecoders = false
    let mean = try #require(try run(configuration, steps: 1).1.errorLocalization)
    #expect(abs(sum / 3 - mean) < 1e-5 * sum)
  }

  @Test func theIndicatorIsAskedOfTheBatchOrOfEachImage() throws {
    func losses(_ comparison: AuxiliaryComparison, alpha: Float) throws -> StepLosses {
      var configuration = SmallTraining.configuration(supervised: 0, joint: 1, alphas: [alpha])
      configuration.losses.auxiliaryComparison = comparison
      configuration.losses.errorLocalizationWeight = 0
      return try run(configuration, steps: 1).1
    }
    // Far below and far above: both agree.
    for comparison in AuxiliaryComparison.allCases {
      let on = try losses(comparison, alpha: 1e-3)
      #expect(on.auxiliaryActive == [true])
      #expect(abs(on.total - on.supervised - on.auxiliary[0]) < 1e-5)
      let off = try losses(comparison, alpha: 1e3)
      #expect(off.auxiliaryActive == [false] && off.total == off.supervised)
    }
    // Between the two images' own ratios, one of them learns.
    let batch = try losses(.batch, alpha: 1e-3)
    let ratio = batch.auxiliary[0] / batch.supervised
    let one = try losses(.image, alpha: ratio)
    let share = (one.total - one.supervised) / one.auxiliary[0]
    #expect(one.auxiliaryActive == [true] && share > 0.1 && share < 0.9)
  }

  @Test func theLossesOnThePlainImageCanBeLeftOut() throws {
    var configuration = SmallTraining.configuration(supervised: 0, joint: 0)
    let both = try run(configuration, steps: 1).1
    #expect(both.pseudoLabelPlain != nil && both.contrastivePlain != nil)
    configuration.losses.pseudoLabelPlainWeight = 0
    configuration.losses.contrastive.plainWeight = 0
    let paper = try run(configuration, steps: 1).1
    #expect(paper.pseudoLabelPlain == nil && paper.contrastivePlain == nil)
    #expect(paper.pseudoLabel == both.pseudoLabel)
  }

  /// A setting, since the paper does not mention it: does the student start each epoch as a copy of the teacher?
  @Test(arguments: [true, false]) func theTeacherIsCopiedBackWhereConfigured(copies: Bool) throws {
    var configuration = SmallTraining.configuration(supervised: 0, joint: 0, semiSupervised: 3)
    configuration.stages.stepsPerEpoch = 2
    configuration.teacher.copiesBackEachEpoch = copies
    configuration.teacher.decay = 1
    configuration.optimizer.learningRate = 0
    let (state, _) = try run(configuration, steps: 2)
    let student = state.networks.student.state.parameters[0].parameter
    let teacher = state.networks.teacher.state.parameters[0].parameter.value.values
    #expect(student.value.values == teacher)
    student.update { $0 = $0.scaled(by: 2) }
    try SmallTraining.trainer(state).run { _ in true }
    #expect(state.step == 3)
    #expect((student.value.values == teacher) == copies)
  }

  /// Only parameters are averaged: the teacher's running statistics come from what it sees itself.
  @Test func theTeacherHasRunningStatisticsOfItsOwn() throws {
    var configuration = SmallTraining.configuration(supervised: 1, joint: 0, semiSupervised: 1)
    configuration.teacher.decay = 1
    let before = try run(configuration, steps: 1).0.networks.student.state
    let after = try run(configuration, steps: 2).0.networks.teacher.state
    for (a, b) in zip(before.parameters, after.parameters) {
      #expect(a.parameter.value.values == b.parameter.value.values, "\(a.path)")
    }
    for (a, b) in zip(before.buffers, after.buffers) {
      #expect(a.buffer.value.values != b.buffer.value.values, "\(a.path)")
    }
  }

  /// By an oversight the authors' program leaves these out of its optimizer; ours trains them unless told otherwise.
  @Test func normalizationIsTrainedUnlessConfigured() throws {
    let networks = try run(SmallTraining.configuration(), steps: 2).0.networks
    let scale = try #require(
      networks.student.state.parameters.first { $0.path == "encoder.bn1.weight" }?.parameter.value.values)
    #expect(scale.contains { $0 != 1 })
  }

  @Test func theClassInputIsASetting() {
    let images = Tensor([1, 2, 3], shape: [1, 1, 1, 3])
    let scores = Tensor([0, log(3)], shape: [1, 1, 1, 2])
    func input(_ classInput: ClassInput) -> [Float] {
      ErrorLocalizationInput(images: images, logits: scores, classInput: classInput).value.values
    }
    let entropy: Float = -(0.25 * log(0.25) + 0.75 * log(0.75))
    for (classInput, classes) in [
      (ClassInput.logits, [0, log(3)]), (.probabilities, [0.25, 0.75]), (.oneHot, [0, 1]),
    ] as [(ClassInput, [Float])] {
      let expected = [1, 2, 3, entropy] + classes
      #expect(zip(input(classInput), expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(classInput)")
    }
  }
}
