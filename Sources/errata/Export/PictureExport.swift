import AuditStore
import Auditing
import Exchange
import Foundation
import Imaging
import Reporting

/// Writes a file for each image of a run.
struct PictureExport {
  let store: AuditStore
  let run: AuditRun
  let images: [AuditedImage]
  let folder: URL
  let format: ExportFormat

  private static let jpegQuality = 90

  func write() throws {
    let source = SourceImages(of: run)
    let palette = run.description.palette
    let progress = ProgressReporter(total: images.count, unit: "images")
    let files = try targets()
    for (index, (image, file)) in zip(images, files).enumerated() {
      if Interruption.isRequested { throw ExitStatus.interrupted }
      let maps = try store.maps(of: image)
      let bytes =
        switch format {
        case .masks:
          PNGEncoder.encode(
            mask: LabelMask(width: maps.width, height: maps.height, labels: maps.labels), palette: palette)
        case .errorMaps:
          PNGEncoder.encode(grey: maps.errorProbability, width: maps.width, height: maps.height)
        default:
          try encode(AuditPicture.sideBySide(source.read(image), maps: maps, palette: palette), file)
        }
      try AtomicFile.write(bytes, to: file)
      progress.update(done: index + 1, detail: image.path)
    }
  }

  /// Where each image goes, known before the first one is written.
  private func targets() throws -> [URL] {
    var names = ExportNames()
    return try images.map { image in
      let file = try ExportPath.url(
        forImage: image.path, in: folder, extension: format == .overlays ? "jpg" : "png")
      try names.claim(file, forImage: image.path)
      return file
    }
  }

  private func encode(_ picture: RGBImage, _ file: URL) throws(ImageError) -> [UInt8] {
    guard max(picture.width, picture.height) <= JPEGEncoder.maximumSide else {
      throw ImageError(
        file: file.path,
        reason: "three pictures side by side have \(picture.width)×\(picture.height) pixels; "
          + "a JPEG's sides have at most \(JPEGEncoder.maximumSide)")
    }
    return JPEGEncoder.encode(picture, quality: Self.jpegQuality)
  }
}
