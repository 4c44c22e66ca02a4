import AuditStore
import Auditing
import ErrorLocalization
import Foundation

/// What decides the numbers of a run besides the model: a run is continued under the same only.
struct RunConfiguration: Encodable {
  let regions: RegionSettings
  let prediction: ErrorModel.PredictionOptions
  let calibration: ErrorCalibration?
  let pseudoLabels: String?
  let confidence: String?
}

extension AuditRun {
  /// The rule by which the run's regions were found; `nil` where it is not noted.
  var regionSettings: RegionSettings? {
    struct Noted: Decodable {
      let regions: RegionSettings
    }
    return try? JSONDecoder().decode(Noted.self, from: Data(description.configuration.utf8)).regions
  }
}
