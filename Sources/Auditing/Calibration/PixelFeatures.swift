import TensorCore

/// What a calibration sees of every pixel: what the detectors say there and around it, and how much of its
/// surroundings has its label.
///
/// A detector speaks of one pixel, but errors come in areas: on CamVid the surroundings raised the average precision of
/// the joined detectors by about 0.05, and among confident pixels by about 0.1 (one seed; docs/results.md). A pixel whose
/// label is rare around it is doubtful in another way than one inside a large area.
///
/// The features, in order: the logit of each score; for each score, the logit of its mean over each window of
/// `scoreRadii`; for each window of `labelRadii`, the logit of the share of pixels with the pixel's own label.
package enum PixelFeatures {
  /// Half the side of a square window, over the image's shorter side; at least one pixel.
  static let scoreRadii = [0.02, 0.08]
  static let labelRadii = [0.02, 0.08, 0.25]

  package static func count(scores: Int) -> Int { scores * (1 + scoreRadii.count) + labelRadii.count }

  /// Makes the features one after the other, so that only one is in memory.
  ///
  /// - Parameter body: takes a feature's index and its value at each pixel, row-major.
  package static func forEach(
    _ scores: PixelScores, labels: [UInt8], _ body: (Int, UnsafeBufferPointer<Float>) -> Void
  ) {
    precondition(labels.count == scores.pixelCount)
    let (width, height) = (scores.width, scores.height)
    guard !labels.isEmpty else { return }
    let radius = { (share: Double) in max(1, Int((share * Double(min(width, height))).rounded())) }
    var plane = [Float](repeating: 0, count: labels.count)
    var index = 0
    func emit() {
      plane.withUnsafeMutableBufferPointer { plane in
        PixelFunctions.replaceWithLogOdds(plane, margin: LogisticStack.margin)
        body(index, UnsafeBufferPointer(plane))
      }
      index += 1
    }
    for values in scores.values {
      plane = values
      emit()
    }
    for values in scores.values {
      let sums = SummedArea(values, width: width, height: height)
      for share in scoreRadii {
        sums.means(radius: radius(share), into: &plane)
        emit()
      }
    }
    for share in LabelShare.planes(labels, width: width, height: height, radii: labelRadii.map(radius)) {
      plane = share
      emit()
    }
  }
}
