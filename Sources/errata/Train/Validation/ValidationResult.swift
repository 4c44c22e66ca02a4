import Auditing
import ErrorLocalization

/// One validation, as `log.jsonl` has it.
struct ValidationResult: Codable {
  let step: Int
  let validatedStage: Stage
  let imageCount: Int
  /// By `TrainedNetwork`.
  let networks: [String: NetworkMeasures]
  let durationSeconds: Double

  /// The mean intersection over union of the network that an audit would use.
  var meanIntersectionOverUnionInUse: Double? {
    networks[TrainedNetwork.inUse(after: validatedStage).rawValue]?.meanIntersectionOverUnion
  }

  /// For TensorBoard.
  var scalars: [Scalar] {
    networks.sorted { $0.key < $1.key }.flatMap { name, network in
      var scalars: [(String, Double?)] = [
        ("validation/mIoU, \(name)", network.meanIntersectionOverUnion),
        ("validation/pixel accuracy, \(name)", network.pixelAccuracy),
      ]
      for (detector, measures) in network.wrongPixels {
        scalars.append(("validation wrong pixels/AP, \(detector), \(name)", measures.averagePrecision))
        scalars.append(("validation wrong pixels/AUROC, \(detector), \(name)", measures.areaUnderROC))
      }
      for (label, value) in network.intersectionOverUnion {
        scalars.append(("validation IoU, \(name)/\(label)", value))
      }
      return scalars.compactMap { tag, value in value.map { Scalar(tag, Float($0)) } }
    }
  }
}

/// What one network is worth; `nil` where a measure is not defined.
struct NetworkMeasures: Codable {
  let meanIntersectionOverUnion: Double?
  let pixelAccuracy: Double?
  /// By class name; `nil` for one that neither occurs nor is predicted.
  let intersectionOverUnion: [String: Double?]
  /// How well each detector finds the wrong pixels.
  let wrongPixels: [String: Detection]

  struct Detection: Codable {
    let averagePrecision: Double?
    let areaUnderROC: Double?
  }

  /// - Parameter judgesErrors: whether the error probability is a network's, and not one minus the maximum softmax.
  init(_ summary: EvaluationSummary, classes: [String], judgesErrors: Bool) {
    meanIntersectionOverUnion = summary.segmentation.meanIntersectionOverUnion.ifNumber
    pixelAccuracy = summary.segmentation.pixelAccuracy.ifNumber
    intersectionOverUnion = Dictionary(
      uniqueKeysWithValues: zip(classes, summary.segmentation.intersectionOverUnion))
    var detections: [String: Detection] = [:]
    for row in summary.detection {
      guard judgesErrors || [.confidence, .entropy].contains(row.detector) else { continue }
      detections[row.detector.rawValue] = Detection(
        averagePrecision: row.averagePrecision.ifNumber, areaUnderROC: row.areaUnderROC.ifNumber)
    }
    wrongPixels = detections
  }
}

extension Double {
  /// `nil` for NaN and infinity, which JSON does not have.
  var ifNumber: Double? { isFinite ? self : nil }
}
