import ArgumentParser
import Datasets
import ErrorLocalization
import Foundation

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take over the weights of another program.",
    discussion: """
      ssl-eln: a checkpoint of the paper's authors (github.com/kinux98/SSL_ELN) becomes a model for errata audit. It \
      predicts what theirs does; the checkpoint holds the student, not the teacher. For VOC their program resizes every \
      image to 505x505 first: --input-size 505x505.

      torchvision: a ResNet-18, 34, 50 or 101 becomes a backbone for errata train --backbone-weights (which reads such \
      files without import, too).

      Examples:
        errata import --from ssl-eln epoch_0490.pth --classes voc.txt --input-size 505x505 --output model.safetensors
        errata import --from torchvision resnet50.pth --output backbone.safetensors

      \(ExitStatus.help)
      """)

  enum Origin: String, CaseIterable, ExpressibleByArgument {
    case authors = "ssl-eln"
    case torchvision
  }

  @Option(name: .customLong("from"), help: "Whose file it is.")
  var origin: Origin

  @Argument(help: "A file of torch.save, or safetensors.", completion: .file())
  var file: String

  @Option(help: "ssl-eln: the classes, one a line: name, or name: r,g,b.", completion: .file())
  var classes: String?

  @Option(help: "ssl-eln: the mask value of pixels without label (default: 255).")
  var ignore: UInt8?

  @Option(help: "ssl-eln: what images are resized to before an audit, as WIDTHxHEIGHT (default: nothing).")
  var inputSize: InputSize?

  @Option(help: "torchvision: what stands before conv1.weight in the file (default: found).")
  var prefix: String?

  @Option(help: "The imported file.", completion: .file(extensions: ["safetensors"]))
  var output: String

  func validate() throws {
    switch origin {
    case .authors:
      guard classes != nil else { throw ValidationError("--from ssl-eln needs --classes FILE.") }
      guard prefix == nil else { throw ValidationError("--prefix goes with --from torchvision.") }
    case .torchvision:
      guard classes == nil, ignore == nil, inputSize == nil else {
        throw ValidationError("--classes, --ignore and --input-size go with --from ssl-eln.")
      }
    }
  }

  func run() throws {
    switch origin {
    case .authors: try importCheckpoint()
    case .torchvision: try importBackbone()
    }
  }

  private func importCheckpoint() throws {
    guard let classes else { return }
    let list = try ClassList(contentsOf: URL(fileURLWithPath: classes))
    let ignoreLabel = ignore ?? 255
    guard Int(ignoreLabel) >= list.count else {
      throw ValidationError(
        "--ignore \(ignoreLabel) is the index of class '\(list.names[Int(ignoreLabel)])'.")
    }
    let checkpoint = try AuthorsCheckpoint(contentsOf: URL(fileURLWithPath: file))
    let model = try checkpoint.model(
      classes: list, ignoreLabel: ignoreLabel, inputSize: inputSize.map { ($0.width, $0.height) })
    try model.write(programVersion: Errata.version, to: URL(fileURLWithPath: output))
    print("\(output): \(checkpoint.summary)")
  }

  private func importBackbone() throws {
    let backbone = try BackboneWeights(contentsOf: URL(fileURLWithPath: file), prefix: prefix)
    let loading = try backbone.write(to: URL(fileURLWithPath: output), programVersion: Errata.version)
    var line = "\(output): \(backbone.architecture), \(loading.loadedCount) tensors"
    if !backbone.prefix.isEmpty { line += " from '\(backbone.prefix)'" }
    if !backbone.leftOut.isEmpty { line += "; left out: \(backbone.leftOut.joined(separator: ", "))" }
    print(line)
  }
}

/// `WIDTHxHEIGHT`.
struct InputSize: ExpressibleByArgument {
  let width: Int
  let height: Int

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1],
      (1...65_536).contains(width), (1...65_536).contains(height)
    else { return nil }
    self.width = width
    self.height = height
  }
}
