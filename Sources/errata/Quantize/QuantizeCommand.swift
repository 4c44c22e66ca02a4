import ArgumentParser
import Datasets
import ErrorLocalization
import Foundation
import Imaging
import NeuralNetwork
import TensorCore

struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Make a smaller and faster model that computes with bytes.",
    discussion: """
      The int8 model takes the place of the model in audit, calibrate and predict. A few images without labels, like \
      those that will be audited, show which values each convolution has to deal with. Convolutions stay in 32-bit floats \
      if their inputs can be negative (the first ones), if they make scores (the last ones), if bytes are not faster, or \
      if rounding changes their outputs by more than --limit. The choice is made for this processor unless --processor \
      names another; a given file computes the same everywhere.

      The file holds no 32-bit weights for what it quantised: keep the model that it was made of. A calibration belongs \
      to one of the two: run calibrate again for the other.

      Example:
        errata quantize --model run/model.safetensors --images new-images
        errata audit new-images --model run/model.int8.safetensors --database audit.sqlite

      \(ExitStatus.help)
      """)

  @Option(help: "The trained model.", completion: .file(extensions: ["safetensors"]))
  var model: String

  @Option(help: "Folder of images like those to audit, searched with its subfolders.", completion: .directory)
  var images: String

  @Option(help: "How many of the images to use, evenly spread.")
  var count = 16

  @Option(help: "The processor to choose for: vnni or avx2 (default: this one).")
  var processor: ByteArithmetic?

  @Option(help: "Largest relative change of a convolution's outputs (root mean square).")
  var limit = 0.1

  @Option(
    help: "The int8 model (default: model.int8.safetensors beside the model).",
    completion: .file(extensions: ["safetensors"]))
  var output: String?

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count must be at least 1.") }
    guard limit > 0 else { throw ValidationError("--limit \(limit), expected more than 0.") }
  }

  func run() throws {
    Interruption.install()
    let all = try ImageFolder.list(URL(fileURLWithPath: images).standardizedFileURL)
    let samples = (0..<min(count, all.count)).map { all[$0 * all.count / min(count, all.count)] }
    let source = URL(fileURLWithPath: model)
    let target =
      output.map { URL(fileURLWithPath: $0) }
      ?? source.deletingPathExtension().appendingPathExtension("int8.safetensors")
    let errorModel = try ErrorModel(contentsOf: source)
    let options = ErrorModel.QuantizationOptions(
      arithmetic: processor ?? .current, largestRelativeError: limit)
    let progress = ProgressReporter(total: 3 * samples.count, unit: "passes")
    var passes = 0
    let report = try errorModel.quantize(options, count: samples.count) { index in
      guard !Interruption.isRequested else { throw ExitStatus.interrupted }
      defer { passes += 1 }
      progress.update(done: passes, detail: "")
      return try ImageFile.decode(at: samples[index].image)
    }
    try errorModel.write(programVersion: Errata.version, to: target)
    let summary = QuantizationSummary(
      report, output: target.path, images: samples.count, bytesBefore: try Self.size(source),
      bytesAfter: try Self.size(target))
    print(json ? try summary.json() : summary.text)
  }

  private static func size(_ url: URL) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int ?? 0
  }
}

extension ByteArithmetic: ExpressibleByArgument {}
