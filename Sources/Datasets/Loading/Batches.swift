import TensorCore

/// Labelled images, normalised.
package struct LabeledBatch: Sendable {
  /// `[N, H, W, 3]`.
  package let images: Tensor
  /// `[N, H, W]`.
  package let labels: LabelTensor
  package let names: [String]

  package init(images: Tensor, labels: LabelTensor, names: [String]) {
    precondition(
      images.shape.rank == 4 && images.shape[0] == labels.shape[0] && names.count == labels.shape[0])
    self.images = images
    self.labels = labels
    self.names = names
  }
}

/// Two views of unlabelled images, of the same geometry.
package struct UnlabeledBatch: Sendable {
  /// `[N, H, W, 3]`.
  package let plain: Tensor
  /// Colour-jittered. `[N, H, W, 3]`.
  package let augmented: Tensor
  package let names: [String]

  package init(plain: Tensor, augmented: Tensor, names: [String]) {
    precondition(plain.shape == augmented.shape && names.count == plain.shape[0])
    self.plain = plain
    self.augmented = augmented
    self.names = names
  }
}
