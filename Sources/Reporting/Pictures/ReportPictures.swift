import Auditing
import AuditStore
import Foundation
import Imaging

/// The three pictures of an image as data URIs, small enough for a page.
struct ReportPictures {
  /// *Units*: pixels.
  static let maximumWidth = 480
  private static let maximumHeight = 960
  private static let jpegQuality = 82
  private static let boxColor = RGBColor(red: 255, green: 255, blue: 255)

  /// `nil` if the image is not there any more.
  let image: String?
  let labels: String
  let errors: String
  let width: Int
  let height: Int
  /// Whether there is a box around the worst region: one around nearly everything would say nothing.
  let isRegionMarked: Bool

  /// A region whose box takes a larger share of the image is not marked.
  private static let largestMarkedShare = 0.5

  /// - Parameter picture: `nil` shows labels and errors by themselves.
  init(_ picture: RGBImage?, maps: PixelMaps, palette: Palette, worstRegion: ErrorRegion?) {
    let scale = min(
      1, Double(Self.maximumWidth) / Double(maps.width), Double(Self.maximumHeight) / Double(maps.height))
    let size = (
      width: max(1, Int((Double(maps.width) * scale).rounded())),
      height: max(1, Int((Double(maps.height) * scale).rounded()))
    )
    let mask = LabelMask(width: maps.width, height: maps.height, labels: maps.labels)
    let values = maps.errorProbability.map { Float($0) * (1 / 255) }
    let labels: RGBImage
    var errors: RGBImage
    if let picture {
      labels = Overlay.labels(on: picture, mask: mask, palette: palette, opacity: 0.6)
      errors = Overlay.heat(on: picture, values: values)
    } else {
      let blank = RGBImage(
        width: maps.width, height: maps.height,
        pixels: [UInt8](repeating: 255, count: maps.width * maps.height * 3))
      labels = Overlay.labels(on: blank, mask: mask, palette: palette, opacity: 1)
      errors = HeatMap.render(values, width: maps.width, height: maps.height)
    }
    errors = errors.resized(width: size.width, height: size.height)
    let marked = worstRegion.flatMap {
      Double($0.width * $0.height) <= Self.largestMarkedShare * Double(maps.width * maps.height) ? $0 : nil
    }
    if let region = marked {
      let (left, top) = (Int(Double(region.x) * scale) - 2, Int(Double(region.y) * scale) - 2)
      errors = errors.drawingBox(
        x: left, y: top, width: Int((Double(region.x + region.width) * scale).rounded(.up)) + 2 - left,
        height: Int((Double(region.y + region.height) * scale).rounded(.up)) + 2 - top, color: Self.boxColor)
    }
    image = picture.map { Self.dataURI($0.resized(width: size.width, height: size.height)) }
    self.labels = Self.dataURI(labels.resized(width: size.width, height: size.height))
    self.errors = Self.dataURI(errors)
    isRegionMarked = marked != nil
    width = size.width
    height = size.height
  }

  private static func dataURI(_ image: RGBImage) -> String {
    let bytes = JPEGEncoder.encode(image, quality: jpegQuality, subsampled: false)
    return "data:image/jpeg;base64," + Data(bytes).base64EncodedString()
  }
}
