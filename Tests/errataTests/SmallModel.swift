import ErrorLocalization
import Foundation
import Imaging
import TensorCore

/// A model with random weights, small enough to audit an image in milliseconds.
enum SmallModel {
  /// How a network diverged.
  enum Fault: CaseIterable {
    /// Nothing that ELN says is a number.
    case everywhere
    /// One weight of the segmentation's encoder, with a ReLU behind its convolution.
    case oneWeight
  }

  /// - Parameter width: of the encoders; from 32 on, quantising finds something to do.
  static func write(to url: URL, seed: UInt64 = 1, width: Int = 4, fault: Fault? = nil) throws {
    var training = Preset.tiny.configuration
    training.network.encoder.width = width
    training.network.errorLocalization.width = width
    let networks = MethodNetworks(training.network, classCount: 3, seed: seed)
    switch fault {
    case .everywhere:
      for (_, parameter) in networks.errorLocalization.state.parameters {
        parameter.update { $0 = Tensor(repeating: .nan, shape: $0.shape) }
      }
    case .oneWeight:
      let hidden = networks.student.state.parameters.filter { $0.path.hasSuffix("layer1.0.conv1.weight") }
      precondition(hidden.count == 1)
      hidden[0].parameter.update { weights in weights.withUnsafeMutableBufferPointer { $0[0] = .nan } }
    case nil: break
    }
    let description = ModelDescription(
      classNames: ["road", "car", "tree"], classColors: [[128, 64, 128], [0, 0, 142], [107, 142, 35]],
      ignoreLabel: 255, training: training, trainedSteps: 0, seed: seed)
    try ErrorModel.write(
      networks, usesTeacher: false, description: description, programVersion: "0.1.0", to: url)
  }

  /// Images that differ from one another, in two folders.
  static func writeImages(_ count: Int, width: Int, height: Int, to folder: URL) throws {
    for index in 0..<count {
      let pixels = (0..<width * height * 3).map {
        UInt8(truncatingIfNeeded: ($0 / 3 % width) * (index + 1) + $0 / 97)
      }
      let name = "\(index % 2 == 0 ? "even" : "odd")/\(index).png"
      try AtomicFile.write(
        PNGEncoder.encode(RGBImage(width: width, height: height, pixels: pixels)),
        to: folder.appendingPathComponent(name))
    }
  }
}
