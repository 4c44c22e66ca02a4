import AuditStore
import Crypto
import Foundation
import Imaging

/// The images that a run audited, read again for pictures.
struct SourceImages: Sendable {
  let folder: URL

  init(of run: AuditRun) { folder = URL(fileURLWithPath: run.description.folder) }

  /// - Throws: if the file is missing or broken, or is not the one that was audited.
  func read(_ image: AuditedImage) throws(ImageError) -> RGBImage {
    let file = folder.appendingPathComponent(image.path).path
    guard FileManager.default.fileExists(atPath: file) else {
      throw ImageError(file: file, reason: "no such file, but the run audited it; was the folder moved?")
    }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    } catch {
      throw ImageError(file: file, reason: "cannot be read: \(error.localizedDescription)")
    }
    let picture = try ImageFile.decode([UInt8](bytes), name: file)
    guard picture.width == image.width, picture.height == image.height else {
      throw ImageError(
        file: file,
        reason: "has \(picture.width)×\(picture.height) pixels now, but \(image.width)×\(image.height) "
          + "when it was audited; audit it again")
    }
    guard SHA256.hash(data: bytes).hexadecimal == image.imageSHA256 ?? image.contentSHA256 else {
      throw ImageError(
        file: file, reason: "has changed since it was audited (another SHA-256); audit it again")
    }
    return picture
  }
}
