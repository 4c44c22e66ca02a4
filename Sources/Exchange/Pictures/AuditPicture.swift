import Auditing
import Imaging

/// What a person looks at: an image beside its labels and its error probability.
package enum AuditPicture {
  /// The stored bytes as probabilities.
  package static func errorProbability(_ maps: PixelMaps) -> [Float] {
    maps.errorProbability.map { Float($0) * (1 / 255) }
  }

  /// Image, labels over the image, error probability over the grey image, from left to right.
  ///
  /// - Precondition: image and maps have the same size.
  package static func sideBySide(_ image: RGBImage, maps: PixelMaps, palette: Palette) -> RGBImage {
    let mask = LabelMask(width: maps.width, height: maps.height, labels: maps.labels)
    return Mosaic.row([
      image, Overlay.labels(on: image, mask: mask, palette: palette),
      Overlay.heat(on: image, values: errorProbability(maps)),
    ])
  }
}
