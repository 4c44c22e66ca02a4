/// The images that a round of annotation chose, and what their pseudo-labels were truly worth.
package struct AnnotationChoice: Sendable, Equatable, Codable {
  package struct Image: Sendable, Equatable, Codable {
    package let name: String
    /// What it was ranked by; `nil` for a choice at random.
    package let orderValue: Double?
    package let expectedErrorRate: Double
    /// True wrong pixels of the pseudo-label: what an annotator would have corrected.
    package let wrongPixels: Int
    /// Pixels whose truth is known.
    package let knownPixels: Int
    /// By the cost model. *Units*: seconds.
    package let estimatedSeconds: Double

    package init(
      name: String, orderValue: Double?, expectedErrorRate: Double, wrongPixels: Int, knownPixels: Int,
      estimatedSeconds: Double
    ) {
      self.name = name
      self.orderValue = orderValue
      self.expectedErrorRate = expectedErrorRate
      self.wrongPixels = wrongPixels
      self.knownPixels = knownPixels
      self.estimatedSeconds = estimatedSeconds
    }
  }

  /// In the order in which they were chosen.
  package let images: [Image]
  /// All that could be chosen from, these included.
  package let hiddenImages: Int
  package let hiddenWrongPixels: Int
  package let hiddenKnownPixels: Int

  package init(images: [Image], hiddenImages: Int, hiddenWrongPixels: Int, hiddenKnownPixels: Int) {
    self.images = images
    self.hiddenImages = hiddenImages
    self.hiddenWrongPixels = hiddenWrongPixels
    self.hiddenKnownPixels = hiddenKnownPixels
  }

  package var wrongPixels: Int { images.reduce(0) { $0 + $1.wrongPixels } }

  /// Of the hidden images' wrong pixels, the share that lies in the chosen ones; `nil` where none is wrong.
  package var shareOfWrongPixels: Double? {
    hiddenWrongPixels > 0 ? Double(wrongPixels) / Double(hiddenWrongPixels) : nil
  }

  /// Of the chosen images' known pixels, the share that is wrong; `nil` where none is known.
  package var errorRate: Double? {
    let known = images.reduce(0) { $0 + $1.knownPixels }
    return known > 0 ? Double(wrongPixels) / Double(known) : nil
  }

  /// By the cost model, how many wrong pixels a minute of annotation finds.
  package var wrongPixelsPerMinute: Double? {
    let seconds = images.reduce(0) { $0 + $1.estimatedSeconds }
    return seconds > 0 ? 60 * Double(wrongPixels) / seconds : nil
  }
}
