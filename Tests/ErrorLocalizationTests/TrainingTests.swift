import Datasets
import ErrorLocalization
import Foundation
import NeuralNetwork
import TensorCore
import Testing

@Suite struct TrainingTests {
  private func losses(_ state: TrainingState, until last: Int) throws -> [Float] {
    var losses: [Float] = []
    try SmallTraining.trainer(state).run { report in
      losses.append(report.losses.total)
      return report.step < last
    }
    return losses
  }

  @Test func everyLossTakesPartInItsStage() throws {
    var reports: [StepReport] = []
    try SmallTraining.trainer(SmallTraining.state()).run {
      reports.append($0)
      return true
    }
    #expect(
      reports.map(\.stage) == [.supervised, .supervised, .joint, .joint, .semiSupervised, .semiSupervised])
    #expect(reports.allSatisfy { $0.losses.total.isFinite && $0.losses.supervised > 0 })
    #expect(reports[1].losses.errorLocalization == nil && reports[1].losses.auxiliary.isEmpty)
    #expect((reports[2].losses.errorLocalization ?? 0) > 0)
    #expect(reports[3].losses.pseudoLabel == nil)
    let last = reports[5].losses
    #expect(last.pseudoLabel != nil && last.pseudoLabelPlain != nil && last.contrastive != nil)
    let parts = [
      last.supervised, last.auxiliary[0], last.errorLocalization, last.pseudoLabel, last.pseudoLabelPlain,
      last.contrastive, last.contrastivePlain,
    ]
    let sum = parts.compactMap { $0 }.reduce(0, +)
    // The second auxiliary decoder's indicator is off; α = 10⁶.
    #expect(last.auxiliaryActive == [true, false])
    #expect(abs(last.total - sum) < 1e-4 * sum)
  }

  @Test func theSameSeedGivesTheSameNumbers() throws {
    let first = try losses(SmallTraining.state(), until: 6)
    let again = try losses(SmallTraining.state(), until: 6)
    #expect(first[0] == again[0])
    #expect(first == again)
    #expect(first != (try losses(SmallTraining.state(seed: 6), until: 6)))
  }

  @Test(arguments: [1, 3, 5])
  func aResumedTrainingGivesTheVerySameNumbers(at step: Int) throws {
    let whole = SmallTraining.state()
    let expected = try losses(whole, until: 6)
    let begun = SmallTraining.state()
    let before = try losses(begun, until: step)
    let file = try SmallTraining.temporaryFile("checkpoint.safetensors")
    try begun.save(to: file, notes: [:])
    let resumed = SmallTraining.state()
    try resumed.restore(from: file)
    #expect(resumed.step == step)
    for (a, b) in zip(begun.networks.state.all, resumed.networks.state.all) {
      #expect(a.parameter.value.values == b.parameter.value.values, "\(a.path)")
    }
    #expect(begun.optimizer.state.keys.sorted() == resumed.optimizer.state.keys.sorted())
    for (path, moments) in begun.optimizer.state {
      let restored = try #require(resumed.optimizer.state[path])
      #expect(moments.first.values == restored.first.values && moments.step == restored.step)
      #expect(moments.second.values == restored.second.values)
    }
    let after = try losses(resumed, until: 6)
    #expect(before.count + after.count == expected.count)
    #expect(before + after == expected)
  }

  @Test func aCheckpointOfOtherSettingsIsRefused() throws {
    let file = try SmallTraining.temporaryFile("checkpoint.safetensors")
    try SmallTraining.state().save(to: file, notes: [:])
    let other = SmallTraining.state(SmallTraining.configuration(alphas: [3]))
    #expect(throws: SafetensorsError.self) { try other.restore(from: file) }
    #expect(throws: SafetensorsError.self) { try SmallTraining.state(seed: 9).restore(from: file) }
  }

  /// With a constant learning rate only: any other depends on how long the training was to be.
  @Test func aTrainingMayBecomeLonger() throws {
    let file = try SmallTraining.temporaryFile("checkpoint.safetensors")
    for schedule in [LearningRateSchedule.constant, .polynomial] {
      func state(semiSupervised: Int) -> TrainingState {
        var configuration = SmallTraining.configuration(semiSupervised: semiSupervised)
        configuration.optimizer.schedule = schedule
        return SmallTraining.state(configuration)
      }
      try state(semiSupervised: 2).save(to: file, notes: [:])
      let longer = state(semiSupervised: 9)
      if schedule == .constant {
        try longer.restore(from: file)
      } else {
        #expect(throws: SafetensorsError.self) { try longer.restore(from: file) }
      }
    }
  }

  @Test func aDecoderWhoseIndicatorIsOffStaysAsItIs() throws {
    let state = SmallTraining.state()
    let before = state.networks.auxiliaryDecoders.map { $0.state.parameters.map(\.parameter.value.values) }
    _ = try losses(state, until: 4)
    let after = state.networks.auxiliaryDecoders.map { $0.state.parameters.map(\.parameter.value.values) }
    #expect(before[0] != after[0])
    #expect(before[1] == after[1])
    #expect(!state.optimizer.state.keys.contains { $0.hasPrefix("auxiliary.1.") })
  }

  @Test func theTeacherIsAMovingAverageThatNoGradientReaches() throws {
    let state = SmallTraining.state()
    _ = try losses(state, until: 4)
    // Not yet: the teacher is still what it was at the start.
    let fresh = SmallTraining.state().networks.teacher.state.parameters
    for (a, b) in zip(state.networks.teacher.state.parameters, fresh) {
      #expect(a.parameter.value.values == b.parameter.value.values)
    }
    let studentBefore = state.networks.student.state.parameters.map(\.parameter.value.values)
    _ = try losses(state, until: 5)
    let decay = state.configuration.teacher.decay
    let student = state.networks.student.state.parameters
    for (index, (_, parameter)) in state.networks.teacher.state.parameters.enumerated() {
      let now = student[index].parameter.value.values
      for (found, (old, new)) in zip(parameter.value.values, zip(studentBefore[index], now)) {
        #expect(abs(found - (decay * old + (1 - decay) * new)) <= 1e-6 * max(1, abs(old)))
      }
      #expect(parameter.gradient == nil)
    }
  }

  @Test func aLossThatIsNotFiniteStopsAndNamesTheBatch() throws {
    let state = SmallTraining.state()
    let trainer = SmallTraining.trainer(state) { index in
      let batch = SmallTraining.batch(index)
      guard index == 1 else { return batch }
      return LabeledBatch(
        images: Tensor(repeating: .nan, shape: batch.images.shape), labels: batch.labels, names: batch.names)
    }
    let error = #expect(throws: TrainingError.self) { try trainer.run { _ in true } }
    #expect(error?.description.contains("step 2") == true)
    #expect(error?.description.contains("a1, b1") == true)
    #expect(state.step == 1)
  }

  @Test func frozenNormalizationKeepsItsInitialValues() throws {
    var configuration = SmallTraining.configuration()
    configuration.optimizer.trainsNormalization = false
    let state = SmallTraining.state(configuration)
    _ = try losses(state, until: 6)
    for (path, parameter) in state.networks.student.state.parameters
    where path.contains(".bn") || path.contains("last_conv1.1") {
      let initial: Float = path.hasSuffix("weight") ? 1 : 0
      #expect(parameter.value.values.allSatisfy { $0 == initial }, "\(path)")
    }
    let eln = state.networks.errorLocalization.state.parameters
    #expect(eln.contains { $0.path == "backbone.bn1.bias" && $0.parameter.value.values.contains { $0 != 0 } })
  }
}
