import AuditStore
import Auditing
import Datasets
import Foundation
import Imaging

/// The pictures that show one audited image.
struct AuditPictures {
  let palette: Palette
  private let folder: URL

  init(run: AuditRun) {
    palette = Palette(
      run.description.classes.map { RGBColor(red: $0.red, green: $0.green, blue: $0.blue) })
    folder = URL(fileURLWithPath: run.description.folder)
  }

  /// The image, its pseudo-labels with the worst regions boxed, and its error probability, all of one size.
  ///
  /// - Throws: if the image is gone from the audited folder, or has another size now.
  func triple(_ image: AuditedImage, maps: PixelMaps, regions: [ErrorRegion] = []) throws -> [RGBImage] {
    let url = folder.appendingPathComponent(image.path)
    let picture = try ImageFile.decode(at: url)
    guard picture.width == image.width, picture.height == image.height else {
      throw DatasetError(
        url.path,
        "has \(picture.width)×\(picture.height) pixels, but had \(image.width)×\(image.height) when it was audited"
      )
    }
    let mask = LabelMask(width: image.width, height: image.height, labels: maps.labels)
    var labels = Overlay.labels(on: picture, mask: mask, palette: palette, opacity: 0.55)
    for region in regions {
      labels = labels.drawingBox(
        x: region.x, y: region.y, width: region.width, height: region.height,
        color: RGBColor(red: 255, green: 255, blue: 255))
    }
    let heat = Overlay.heat(on: picture, values: maps.errorProbability.map { Float($0) / 255 })
    return [picture, labels, heat]
  }
}
