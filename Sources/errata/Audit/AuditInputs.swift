import Crypto
import Datasets
import Foundation
import Imaging
import TensorCore

/// One image to audit, with the label map that is judged where that comes from elsewhere.
struct AuditInput: Sendable {
  let image: RGBImage
  /// Of the files' bytes.
  let sha256: String
  let labels: LabelTensor?
  /// Another program's confidence in its labels, per pixel. *Range*: 0…1.
  let confidence: [Float]?
}

/// Finds and reads the files of an audit: images, and by their names label maps and confidences from elsewhere.
struct AuditInputs: Sendable {
  let folder: URL
  let pseudoLabels: URL?
  let confidences: URL?
  let classCount: Int
  let colors: ColorTable

  /// - Throws: what is wrong with this image's files; the text names the file.
  func read(_ sample: Sample) throws -> AuditInput {
    let bytes = try FileBytes.read(sample.image)
    let image = try ImageFile.decode(bytes, name: sample.image.path)
    var hash = SHA256()
    hash.update(data: bytes)
    var labels: LabelTensor?
    if let pseudoLabels {
      let mask = try readMask(sample, in: pseudoLabels, colors: colors, image: image, hash: &hash)
      if let index = mask.firstIndex(where: { Int($0) >= classCount }) {
        throw DatasetError(
          file(sample, in: pseudoLabels).path,
          "label \(mask[index]) at x \(index % image.width), y \(index / image.width); expected a class index "
            + "of 0 to \(classCount - 1)")
      }
      labels = LabelTensor(mask, shape: [1, image.height, image.width])
    }
    let confidence = try confidences.map { folder in
      try readMask(sample, in: folder, colors: nil, image: image, hash: &hash).map { Float($0) / 255 }
    }
    return AuditInput(
      image: image, sha256: hash.finalize().hexadecimal, labels: labels, confidence: confidence)
  }

  private func file(_ sample: Sample, in folder: URL) -> URL {
    folder.appendingPathComponent(sample.name + ".png")
  }

  private func readMask(
    _ sample: Sample, in folder: URL, colors: ColorTable?, image: RGBImage, hash: inout SHA256
  ) throws -> [UInt8] {
    let url = file(sample, in: folder)
    let bytes = try FileBytes.read(url)
    hash.update(data: bytes)
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
