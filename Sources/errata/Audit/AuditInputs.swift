import Crypto
import Datasets
import Foundation
import Imaging
import TensorCore

/// One image to audit, with the label map that is judged where that comes from elsewhere.
struct AuditInput: Sendable {
  let image: RGBImage
  /// Values that name no class: not labelled.
  let labels: LabelTensor?
  /// Another program's confidence in its labels, per pixel. *Range*: 0…1.
  let confidence: [Float]?
}

/// Finds and reads the files of an audit: images, and by their names label maps and confidences from elsewhere.
struct AuditInputs: Sendable {
  /// The bytes of one image's files.
  struct Files: Sendable {
    let image: [UInt8]
    let labels: [UInt8]?
    let confidence: [UInt8]?

    /// Of all files.
    var contentSHA256: String {
      var hash = SHA256()
      for bytes in [image, labels, confidence] { if let bytes { hash.update(data: bytes) } }
      return hash.finalize().hexadecimal
    }

    /// Of the image alone.
    var imageSHA256: String { SHA256.hash(data: image).hexadecimal }
  }

  let folder: URL
  let pseudoLabels: URL?
  let confidences: URL?
  /// The value of pixels without label; without it each must have one.
  let unlabeledValue: UInt8?
  let classCount: Int
  let colors: ColorTable

  /// - Throws: what is wrong with this image's files; the text names the file.
  func load(_ sample: Sample) throws -> Files {
    Files(
      image: try FileBytes.read(sample.image),
      labels: try pseudoLabels.map { try FileBytes.read(file(sample, in: $0)) },
      confidence: try confidences.map { try FileBytes.read(file(sample, in: $0)) })
  }

  func decode(_ files: Files, of sample: Sample) throws -> AuditInput {
    let image = try ImageFile.decode(files.image, name: sample.image.path)
    var labels: LabelTensor?
    if let pseudoLabels, let bytes = files.labels {
      let url = file(sample, in: pseudoLabels)
      let mask = try decodeMask(bytes, url, colors: colors, image: image)
      if let index = mask.firstIndex(where: { Int($0) >= classCount && $0 != unlabeledValue }) {
        throw DatasetError(
          url.path,
          "label \(mask[index]) at x \(index % image.width), y \(index / image.width); expected a class index "
            + "of 0 to \(classCount - 1)\(unlabeledValue.map { ", or \($0) for no label" } ?? "")")
      }
      labels = LabelTensor(mask, shape: [1, image.height, image.width])
    }
    var confidence: [Float]?
    if let confidences, let bytes = files.confidence {
      let mask = try decodeMask(bytes, file(sample, in: confidences), colors: nil, image: image)
      confidence = mask.map { Float($0) / 255 }
    }
    return AuditInput(image: image, labels: labels, confidence: confidence)
  }

  /// Sizes and times of change of the image's files: as long as these are the same, so are the files. `nil` where one
  /// of them cannot be found.
  func stamp(_ sample: Sample) -> String? {
    let files = [sample.image] + [pseudoLabels, confidences].compactMap { $0.map { file(sample, in: $0) } }
    var parts: [String] = []
    for file in files {
      var status = stat()
      guard stat(file.path, &status) == 0 else { return nil }
      parts.append("\(status.st_size):\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
    }
    return parts.joined(separator: " ")
  }

  private func file(_ sample: Sample, in folder: URL) -> URL {
    folder.appendingPathComponent(sample.name + ".png")
  }

  private func decodeMask(
    _ bytes: [UInt8], _ url: URL, colors: ColorTable?, image: RGBImage
  ) throws -> [UInt8] {
    let mask = try MaskFile.decode(bytes, name: url.path, colors: colors)
    guard mask.width == image.width, mask.height == image.height else {
      throw DatasetError(
        url.path, "\(mask.width)×\(mask.height) pixels, its image has \(image.width)×\(image.height)")
    }
    return mask.labels
  }
}

extension Digest {
  var hexadecimal: String { map { String(format: "%02x", $0) }.joined() }
}
