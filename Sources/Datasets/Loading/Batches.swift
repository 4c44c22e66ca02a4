import TensorCore

/// Labelled images, normalised.
package struct LabeledBatch: Sendable {
  /// `[N, H, W, 3]`.
  package let images: Tensor
  /// `[N, H, W]`.
  package let labels: LabelTensor
  package let names: [String]
}

/// Two views of unlabelled images, of the same geometry.
package struct UnlabeledBatch: Sendable {
  /// `[N, H, W, 3]`.
  package let plain: Tensor
  /// Colour-jittered. `[N, H, W, 3]`.
  package let augmented: Tensor
  package let names: [String]
}
