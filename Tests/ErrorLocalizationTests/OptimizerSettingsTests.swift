import ErrorLocalization
import Foundation
import NeuralNetwork
import TensorCore
import Testing

/// Against PyTorch (Tests/Fixtures/training/make_training.py).
@Suite struct OptimizerSettingsTests {
  struct Schedule: Decodable {
    let schedule: LearningRateSchedule
    let steps: Int
    let power: Float
    let warmup: Int
    let factors: [Float]
  }

  struct Clipping: Decodable {
    let maximum: Float
    let norm: Float
    let gradients: [[Float]]
    let clipped: [[Float]]
  }

  struct Fixture: Decodable {
    let schedules: [Schedule]
    let clipping: [Clipping]
  }

  static let fixture: Fixture = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    do {
      let data = try Data(contentsOf: folder.appending(path: "Fixtures/training/training.json"))
      return try JSONDecoder().decode(Fixture.self, from: data)
    } catch {
      preconditionFailure("\(error); make it with Tests/Fixtures/training/make_training.py")
    }
  }()

  @Test(arguments: fixture.schedules.indices) func schedulesFollowPyTorch(index: Int) {
    let expected = Self.fixture.schedules[index]
    var settings = OptimizerConfiguration()
    settings.schedule = expected.schedule
    settings.polynomialPower = expected.power
    settings.warmupSteps = expected.warmup
    for (step, factor) in expected.factors.enumerated() {
      let found = settings.learningRateFactor(step: step, totalSteps: expected.steps)
      #expect(abs(found - factor) < 1e-6, "step \(step)")
    }
  }

  @Test(arguments: fixture.clipping.indices) func clippingFollowsPyTorch(index: Int) throws {
    let expected = Self.fixture.clipping[index]
    let parameters = expected.gradients.map { Parameter(Tensor(zeros: [$0.count])) }
    for (parameter, gradient) in zip(parameters, expected.gradients) {
      parameter.gradient = Tensor(gradient, shape: [gradient.count])
    }
    // Two groups: the norm is of all together.
    let named = parameters.enumerated().map { (path: "\($0)", parameter: $1) }
    let optimizer = AdamW(
      groups: [
        ParameterGroup(name: "a", parameters: Array(named[..<1]), learningRate: 1),
        ParameterGroup(name: "b", parameters: Array(named[1...]), learningRate: 1),
      ], weightDecay: 0)
    let norm = optimizer.clipGradients(maximumNorm: expected.maximum)
    #expect(abs(norm - expected.norm) < 1e-6 * expected.norm)
    for (parameter, clipped) in zip(parameters, expected.clipped) {
      for (found, wanted) in zip(try #require(parameter.gradient).values, clipped) {
        #expect(abs(found - wanted) <= 1e-6 * abs(wanted))
      }
    }
  }

  @Test func clippingLeavesAbsentAndNotFiniteGradientsAlone() {
    let (absent, broken) = (Parameter(Tensor(zeros: [1])), Parameter(Tensor(zeros: [2])))
    broken.gradient = Tensor([.infinity, 3], shape: [2])
    let optimizer = AdamW(
      groups: [ParameterGroup(name: "a", parameters: [("a", absent), ("b", broken)], learningRate: 1)],
      weightDecay: 0)
    #expect(optimizer.clipGradients(maximumNorm: 1) == .infinity)
    #expect(absent.gradient == nil && broken.gradient?.values == [.infinity, 3])
  }

  private func settings() -> TrainingConfiguration {
    var configuration = SmallTraining.configuration()
    configuration.optimizer.schedule = .polynomial
    configuration.optimizer.warmupSteps = 2
    configuration.optimizer.maximumGradientNorm = 0.5
    return configuration
  }

  private func reports(_ state: TrainingState, until last: Int) throws -> [StepReport] {
    var reports: [StepReport] = []
    try SmallTraining.trainer(state).run {
      reports.append($0)
      return $0.step < last
    }
    return reports
  }

  @Test func theTrainerKeepsTheScheduleWhenItIsResumed() throws {
    let whole = try reports(SmallTraining.state(settings()), until: 6)
    let rate = settings().optimizer.learningRate
    #expect(whole.prefix(3).map(\.learningRate) == [rate / 2, rate, rate])
    #expect(zip(whole.dropFirst(2), whole.dropFirst(3)).allSatisfy { $0.learningRate > $1.learningRate })
    #expect(whole.allSatisfy { ($0.gradientNorm ?? 0) > 0 })
    let begun = SmallTraining.state(settings())
    let before = try reports(begun, until: 3)
    let file = try SmallTraining.temporaryFile("checkpoint.safetensors")
    try begun.save(to: file, notes: ["what": "a note"])
    let resumed = SmallTraining.state(settings())
    #expect(try resumed.restore(from: file)["what"] == "a note")
    let after = try reports(resumed, until: 6)
    #expect((before + after).map(\.learningRate) == whole.map(\.learningRate))
    withKnownIssue("rounding of very small networks is not reproducible yet", isIntermittent: true) {
      #expect((before + after).map(\.gradientNorm) == whole.map(\.gradientNorm))
    }
  }

  @Test func clippingShortensTheStep() throws {
    var free = SmallTraining.configuration()
    free.optimizer.maximumGradientNorm = 1e9
    var clipped = free
    clipped.optimizer.maximumGradientNorm = 1e-6
    let first = SmallTraining.state(free)
    let second = SmallTraining.state(clipped)
    let norms = [try reports(first, until: 1), try reports(second, until: 1)].map { $0[0].gradientNorm }
    // Logged is the norm before clipping.
    #expect(norms[0] == norms[1])
    // After one step AdamW's first moment is a tenth of the gradient.
    let sums = [first, second].map { state in
      state.optimizer.state.values.flatMap { $0.first.values }.reduce(0.0) { $0 + Double($1) * Double($1) }
    }
    #expect(abs(sums[0].squareRoot() - 0.1 * Double(norms[0] ?? 0)) < 1e-4 * Double(norms[0] ?? 0))
    #expect(abs(sums[1].squareRoot() - 1e-7) < 1e-10)
  }

  /// A polynomial schedule depends on the length: another one is another training.
  @Test func theLengthOfAScheduleIsFixed() throws {
    let file = try SmallTraining.temporaryFile("checkpoint.safetensors")
    try SmallTraining.state(settings()).save(to: file, notes: [:])
    var longer = settings()
    longer.stages.semiSupervisedSteps = 9
    #expect(throws: SafetensorsError.self) { try SmallTraining.state(longer).restore(from: file) }
  }
}
