import TensorCore

/// How the cores are shared out over images.
///
/// Images on a core each never wait for one another, while several cores on one image wait at the end of every loop and
/// layer. Every further image takes memory of its own.
struct CoreShare: Sendable {
  let imagesAtOnce: Int
  let threadsPerImage: Int

  /// Images that are judged at once where the user does not say, at most.
  private static let usualLimit = 4

  /// - Parameter imagesAtOnce: as the user wishes; `nil` for one a core, but at most four.
  init(imagesAtOnce: Int?, cores: Int = MathRuntime.threadCount) {
    let images = imagesAtOnce ?? min(cores, Self.usualLimit)
    self.imagesAtOnce = images
    threadsPerImage = max(1, cores / images)
  }
}
