import ArgumentParser
import ErrorLocalization
import Foundation
import Imaging

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Write the raw scores of the networks for one image.",
    discussion: """
      For comparison with other programs: the image is taken at its own size, nothing is resized or mirrored. The file \
      holds logits [1, h, w, classes] and eln_logits [1, h, w, 1] at stride 4 (NHWC, 32-bit floats; positive where the \
      error localisation network calls the label right), and the precision and the names of classes and image as metadata.

      Example:
        errata predict image.png --model run/model.safetensors --output scores.safetensors

      \(ExitStatus.help)
      """)

  @Argument(help: "The image (jpg, png).", completion: .file())
  var image: String

  @Option(help: "The trained model.", completion: .file(extensions: ["safetensors"]))
  var model: String

  @OptionGroup var precision: PrecisionOption

  @Option(help: "File for the scores.", completion: .file(extensions: ["safetensors"]))
  var output: String

  func run() throws {
    let url = URL(fileURLWithPath: image)
    let picture = try ImageFile.decode(at: url)
    let errorModel = try ErrorModel(contentsOf: URL(fileURLWithPath: model))
    try precision.check(errorModel, path: model)
    let scores = errorModel.scores(picture)
    try errorModel.write(
      scores, of: picture, named: url.lastPathComponent, programVersion: Errata.version,
      to: URL(fileURLWithPath: output))
    var line = "\(output): logits \(scores.logits.shape)"
    if let logits = scores.errorLocalizationLogits { line += ", eln_logits \(logits.shape)" }
    print(line)
  }
}
