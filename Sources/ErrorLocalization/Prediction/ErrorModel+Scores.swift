import Datasets
import Foundation
import Imaging
import NeuralNetwork
import TensorCore

extension ErrorModel {
  /// What the networks put out, before anything is made of it.
  package struct Scores {
    /// *Shape*: `[1, h, w, classes]` at stride 4.
    package let logits: Tensor
    /// Positive where ELN calls the label right. *Shape*: `[1, h, w, 1]`; `nil` without such a network.
    package let errorLocalizationLogits: Tensor?
  }

  /// The scores of an image at its own size: no resizing, no flips, running statistics, no dropout.
  package func scores(_ image: RGBImage) -> Scores {
    let output = run(ImageNormalization.tensor(from: image), judged: nil, [.network])
    return Scores(logits: output.logits, errorLocalizationLogits: output.right)
  }

  /// Writes scores as safetensors: `logits` and `eln_logits`, with the classes' names (a JSON list), the image's name and
  /// its size as metadata.
  package func write(
    _ scores: Scores, of image: RGBImage, named name: String, programVersion: String, to url: URL
  ) throws {
    var tensors = [(name: "logits", tensor: scores.logits)]
    if let logits = scores.errorLocalizationLogits { tensors.append((name: "eln_logits", tensor: logits)) }
    let names = try JSONEncoder().encode(description.classNames)
    try SafetensorsWriter.write(
      tensors,
      metadata: [
        "format": "errata-scores-1", "program_version": programVersion, "image": name,
        "image_width": String(image.width), "image_height": String(image.height),
        "class_names": String(decoding: names, as: UTF8.self), "precision": precision.rawValue,
      ], to: url)
  }
}
