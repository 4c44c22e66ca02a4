import ErrorLocalization
import NeuralNetwork
import TensorCore
import Testing

@Suite struct CorrectorTests {
  private func reports(_ change: (inout TrainingConfiguration) -> Void) throws -> (
    TrainingState, [StepReport]
  ) {
    var configuration = SmallTraining.configuration()
    change(&configuration)
    let state = SmallTraining.state(configuration)
    var reports: [StepReport] = []
    let names = (0..<6).flatMap { ["a\($0)", "b\($0)"] }
    try SmallTraining.trainer(state, names: names).run {
      reports.append($0)
      return true
    }
    return (state, reports)
  }

  @Test func theErrorCorrectionNetworkSaysRightOrTheTrueClass() throws {
    let (state, reports) = try reports { $0.network.corrector = .errorCorrection }
    #expect(state.networks.errorLocalization.state.parameters.last?.parameter.shape == [4])
    // An untrained network of four outputs, over three decoders' maps.
    let first = try #require(reports[2].losses.errorLocalization)
    #expect(first > 2 && first < 7)
    #expect(reports[5].losses.acceptedShare != nil)
  }

  @Test(arguments: [(Float(0), Float(1)), (1.01, 0)])
  func theThresholdAloneDecides(threshold: Float, accepted: Float) throws {
    let (state, reports) = try reports {
      $0.network.corrector = .threshold
      $0.losses.confidenceThreshold = threshold
    }
    #expect(reports[5].losses.acceptedShare == accepted)
    #expect(reports.allSatisfy { $0.losses.errorLocalization == nil })
    #expect(!state.optimizer.state.keys.contains { $0.hasPrefix("eln.") })
  }

  @Test func crossFittedNetworksLearnWithoutTheirFold() throws {
    let (state, reports) = try reports {
      $0.network.crossFittingFolds = 2
      $0.network.errorLocalization.classInput = .judged
      $0.losses.judgedLabels.mainWeight = 0
      $0.losses.judgedLabels.auxiliaryWeight = 0
      $0.losses.judgedLabels.crossFittedWeight = 1
      $0.losses.judgedLabels.plantedWeight = 0.5
    }
    #expect(state.networks.foldNetworks.count == 2)
    #expect(reports[2].losses.unseenWrongShare != nil && (reports[2].losses.errorLocalization ?? 0) > 0)
    for fold in 0..<2 {
      #expect(state.optimizer.state.keys.contains { $0.hasPrefix("fold.\(fold).encoder.") })
    }
    let (a, b) = (state.networks.foldNetworks[0].state, state.networks.foldNetworks[1].state)
    #expect(a.parameters[0].parameter.value.values != b.parameters[0].parameter.value.values)
  }

  /// All images in one fold: the other fold's network sees every image, its own none.
  @Test func aNetworkNeverLearnsFromItsOwnFold() throws {
    var configuration = SmallTraining.configuration()
    configuration.network.crossFittingFolds = 2
    configuration.losses.judgedLabels.crossFittedWeight = 1
    let state = SmallTraining.state(configuration)
    let before = state.networks.foldNetworks.map { $0.state.parameters.map(\.parameter.value.values) }
    // Sorted before all batches' names, so that these fill the second fold.
    try SmallTraining.trainer(state, names: (0..<40).map { "0\($0)" } + ["a0", "b0"]).run { $0.step < 1 }
    let after = state.networks.foldNetworks.map { $0.state.parameters.map(\.parameter.value.values) }
    #expect(before[1] == after[1])
    #expect(before[0] != after[0])
  }
}
