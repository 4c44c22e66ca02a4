import Auditing
import ErrorLocalization
import Foundation

/// What all trainings of a simulation depend on: a folder that holds another one's work is refused. Orders, seeds and
/// rounds may be added.
struct SimulationDefinition: Codable, Equatable {
  let settings: TrainingConfiguration
  let perRound: Int
  /// Images by their paths; all that take part, but the validation images.
  let images: [String]
  /// Names; where the start is drawn, how many.
  let start: [String]
  let initial: Int?
  let unlabeled: [String]
  let validation: [String]
  let classes: [String]
  let backboneWeights: [String]
  let calibration: [String]
  let cost: AnnotationCost

  init(_ simulation: Simulation, backboneWeights: [String]) {
    let images = simulation.images
    settings = simulation.settings
    perRound = simulation.plan.perRound
    self.images = images.dataset.samples.map(\.image.standardizedFileURL.path)
    switch images.start {
    case .given(let names): (start, initial) = (names, nil)
    case .drawn(let count): (start, initial) = ([], count)
    }
    unlabeled = images.unlabeled.map(\.image.standardizedFileURL.path)
    validation = images.validation.samples.map(\.image.standardizedFileURL.path)
    classes = images.dataset.classes.names
    self.backboneWeights = backboneWeights
    calibration =
      simulation.calibration?.arguments(model: URL(fileURLWithPath: "/"), ignoreLabel: 0) ?? []
    cost = simulation.cost
  }

  /// Notes it in the folder, or sees that the folder belongs to this very simulation.
  func prepare(_ folder: URL) throws {
    let file = folder.appendingPathComponent("definition.json")
    if let known: SimulationDefinition = try SimulationFile.read(file) {
      guard known == self else {
        throw SettingsError(
          folder.path, "holds a simulation with other settings or images; name another --output")
      }
      return
    }
    try SimulationFile.write(self, to: file)
  }
}
