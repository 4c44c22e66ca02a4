import Foundation
import Imaging

/// Folders of made-up images and settings of the smallest networks: a training of seconds.
struct SmallTraining {
  let folder: TemporaryFolder

  /// - Parameter images: of the labelled and of the unlabelled folder.
  init(images: Int = 4) throws {
    folder = try TemporaryFolder()
    try folder.write("road\ncar\ntree\n", to: "classes.txt")
    for index in 0..<images {
      try write("images/\(index)", mask: "masks/\(index)", edge: 10 + 5 * index)
      try write("unlabeled/\(index)", mask: nil, edge: 12 + 5 * index)
      try write("validation/\(index)", mask: "validation-masks/\(index)", edge: 14 + 4 * index)
    }
    try folder.write(Self.settings, to: "settings.yaml")
  }

  /// 48×40 pixels: road on the left, a car and a tree above one another on the right.
  func write(_ name: String, mask: String?, edge: Int, width: Int = 48, height: Int = 40) throws {
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let label = x < edge ? 0 : (y < edge ? 1 : 2)
        labels.append(UInt8(label))
        for channel in 0..<3 {
          pixels.append(UInt8((channel == label ? 170 : 60) + (x * 7 + y * 13 + channel * 5 + edge) % 40))
        }
      }
    }
    try AtomicFile.write(
      PNGEncoder.encode(RGBImage(width: width, height: height, pixels: pixels)),
      to: folder.url(name + ".png"))
    guard let mask else { return }
    try AtomicFile.write(
      PNGEncoder.encode(grey: labels, width: width, height: height), to: folder.url(mask + ".png"))
  }

  static let settings = """
    network:
      encoder: {width: 4}
      decoder: {asppChannels: 8, lowLevelChannels: 8, decoderChannels: 8}
      projectionChannels: 8
      auxiliaryAlphas: [0.01]
      errorLocalization:
        width: 4
        decoder: {asppChannels: 8, lowLevelChannels: 8, decoderChannels: 8}
    stages: {supervisedSteps: 4, jointSteps: 3, semiSupervisedSteps: 3, stepsPerEpoch: 2}
    data: {labeledBatchSize: 2, unlabeledBatchSize: 2}
    data.augmentation: {cropHeight: 32, cropWidth: 32}
    validation.everySteps: 3
    """

  /// Of `errata train`, without output.
  var dataArguments: [String] {
    [
      "--images", folder.path("images"), "--masks", folder.path("masks"), "--unlabeled",
      folder.path("unlabeled"), "--classes", folder.path("classes.txt"), "--preset", "tiny", "--config",
      folder.path("settings.yaml"),
    ]
  }

  var validationArguments: [String] {
    ["--validation-images", folder.path("validation"), "--validation-masks", folder.path("validation-masks")]
  }

  func arguments(_ more: [String] = [], output: String = "run") -> [String] {
    ["train"] + dataArguments + validationArguments + ["--output", folder.path(output)] + more
  }

  /// The lines of a run's log.
  func log(_ run: String = "run") throws -> [[String: Any]] {
    try String(contentsOf: folder.url("\(run)/log.jsonl"), encoding: .utf8).split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
    }
  }

  /// The same without what depends on the machine.
  func numbers(_ run: String = "run") throws -> [String] {
    try log(run).map { line in
      let kept = line.filter { $0.key != "imagesPerSecond" && $0.key != "durationSeconds" }
      return String(
        decoding: try JSONSerialization.data(withJSONObject: kept, options: .sortedKeys), as: UTF8.self)
    }
  }

  func data(_ path: String) throws -> Data { try Data(contentsOf: folder.url(path)) }
}
