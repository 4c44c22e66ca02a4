extension ErrorModel {
  /// How to predict.
  package struct PredictionOptions: Hashable, Sendable, Codable {
    package var estimator: ErrorEstimator
    /// Averages over the image and its mirror image, for twice the time.
    package var usesFlip = false
    /// The model's own.
    package var precision = Precision.fp32

    package init(estimator: ErrorEstimator) { self.estimator = estimator }

    private enum CodingKeys: CodingKey {
      case estimator, usesFlip, precision
    }

    package init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      estimator = try values.decode(ErrorEstimator.self, forKey: .estimator)
      usesFlip = try values.decode(Bool.self, forKey: .usesFlip)
      precision = try values.decodeIfPresent(Precision.self, forKey: .precision) ?? .fp32
    }

    /// 32-bit floats are not named: runs and calibrations from before there were others stay as they are.
    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(estimator, forKey: .estimator)
      try values.encode(usesFlip, forKey: .usesFlip)
      if precision != .fp32 { try values.encode(precision, forKey: .precision) }
    }
  }
}
